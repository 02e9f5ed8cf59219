import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  joinSlashes,
  parsePlaylistPath,
  parseSegmentPath,
  parseWriter,
  segmentTemplate,
  writerName,
} from '../../../src/protocol/hls/names.js';

const WRITER = { id: 'c017', generation: 3 };

describe('names of HLS files', () => {
  it('a segment says who wrote it', () => {
    const file = segmentTemplate(WRITER)
      .replace('[app]', 'live/sub')
      .replace('[stream]', 'x-c001-2-3-4')
      .replace('[seq]', '0')
      .replace('[timestamp]', '1795400636400');
    assert.deepEqual(parseSegmentPath(`/${file}`), { writer: WRITER, path: file });
  });

  it('a writer is one life of a child', () => {
    assert.deepEqual(parseWriter(writerName(WRITER)), WRITER);
    for (const name of ['c017', 'c017-3-1', 'live', '..', 'c017-x']) {
      assert.equal(parseWriter(name), null, name);
    }
  });

  it('takes fMP4 and keys for segments, and nothing else', () => {
    for (const suffix of ['ts', 'm4s', 'mp4', 'key']) {
      assert.ok(parseSegmentPath(`/live/x-c001-1-0-0.${suffix}`), suffix);
    }
    for (const path of [
      '/live/x.ts',
      '/live/x-7.ts',
      '/x-c001-1-0-0.ts',
      'live/x-c001-1-0-0.ts',
      '/live/x-c001-1-0-0.ts.tmp',
      '/live/x-c001-1-0-0.ts/',
      '/live/x-c001-1-0-0-ts',
      '/../x-c001-1-0-0.ts',
      '/live/../x-c001-1-0-0.ts',
      '/live/./x-c001-1-0-0.ts',
      '/live//x-c001-1-0-0.ts',
      '//live/x-c001-1-0-0.ts',
      '/live/\0/x-c001-1-0-0.ts',
      '/live\n/x-c001-1-0-0.ts',
      '/live\\..\\x/x-c001-1-0-0.ts',
    ]) {
      assert.equal(parseSegmentPath(path), null, path);
    }
  });

  it('slashes in a row are one', () => {
    for (const path of ['//live/x.m3u8', '/live///x.m3u8', '/live/x.m3u8']) {
      assert.equal(joinSlashes(path), '/live/x.m3u8');
    }
  });

  it('a playlist is a stream of an app, both as they are spelt', () => {
    assert.deepEqual(parsePlaylistPath('/live/x.m3u8'), { app: 'live', stream: 'x' });
    assert.deepEqual(parsePlaylistPath('/a/b/%2e.m3u8'), { app: 'a/b', stream: '%2e' });
    for (const path of ['/x.m3u8', '/live/.m3u8', '/live/x.m3u', '/../x.m3u8', '/a//x.m3u8']) {
      assert.equal(parsePlaylistPath(path), null, path);
    }
  });

  it('no path leads out of its directory', () => {
    const part = fc.constantFrom('..', '.', '', '/', '\\', '\0', '%2f', '%2e%2e', 'live', 'x');
    const path = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, (base) => {
        const found = [
          parseSegmentPath(`${base}/x-c001-1-0-0.ts`)?.path,
          parsePlaylistPath(`${base}/x.m3u8`)?.app,
        ];
        for (const name of found) {
          const bad = name?.split('/').some((one) => ['', '.', '..'].includes(one));
          assert.ok(bad !== true && name?.includes('\0') !== true && !name?.includes('\\'));
        }
      }),
    );
  });
});
