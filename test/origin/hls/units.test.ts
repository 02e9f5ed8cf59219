import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { readHls } from '../../../src/origin/conf/hls.js';
import { below, fillStream, fillTime } from '../../../src/origin/hls/names.js';
import {
  expiredBy,
  printMaster,
  printPlaylist,
  type Segment,
  withCtx,
} from '../../../src/origin/hls/playlist.js';
import { HlsStream, type Written } from '../../../src/origin/hls/stream.js';
import { Batch } from '../../../src/origin/media/batch.js';
import { toPacket } from '../../../src/origin/media/packet.js';
import { parseConf } from '../../../src/srs-conf/parse.js';

function segment(seq: number, durationMs: number, discontinuity = false): Segment {
  return { seq, file: `/x-${seq}.ts`, uri: `x-${seq}.ts`, durationMs, discontinuity };
}

describe('HLS playlists', () => {
  it("are in SRS's form", () => {
    const text = printPlaylist([segment(3, 2023, true), segment(4, 2000)], 2000);
    assert.equal(
      text,
      '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-TARGETDURATION:3\n' +
        '#EXT-X-DISCONTINUITY\n#EXTINF:2.023, no desc\nx-3.ts\n#EXTINF:2.000, no desc\nx-4.ts\n',
    );
    const tagged = withCtx(`${text}a.ts?k=1\n`, 'abc');
    assert.match(tagged, /\nx-4\.ts\?hls_ctx=abc\na\.ts\?k=1&hls_ctx=abc\n$/);
    assert.match(
      printMaster('/live/x.m3u8', 'abc', 't=1'),
      /\n\/live\/x\.m3u8\?hls_ctx=abc&t=1\n$/,
    );
  });

  it('keep the segment that crosses the edge of the window', () => {
    const segments = [0, 1, 2, 3, 4].map((seq) => segment(seq, 2000));
    assert.equal(expiredBy(segments, 6000), 1);
    assert.equal(expiredBy(segments, 60_000), 0);
    assert.equal(expiredBy(segments, 1000), 4);
  });
});

describe('names of HLS files', () => {
  it('come of templates, and stay in their directory', () => {
    const name = { vhost: 'v', app: 'live', stream: 's' };
    assert.equal(fillStream('[vhost]/[app]/[stream]-[seq].ts', name), 'v/live/s-[seq].ts');
    const time = new Date(2026, 0, 2, 3, 4, 5, 6);
    assert.equal(fillTime('[2006][01][02]-[15][04][05].[999]', time), '20260102-030405.006');
    assert.equal(fillTime('[timestamp]', time), String(time.getTime()));
    assert.equal(below('/a/b', 'live/x.ts'), '/a/b/live/x.ts');
    for (const bad of ['../x', '/etc/x', 'a/../../x', 'a\0', '', '.']) {
      assert.equal(below('/a/b', bad), null, bad);
    }
  });
});

describe('the HLS files of a stream', () => {
  let dir = '';
  const dirs: string[] = [];
  let written: Written[] = [];
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'hls-'));
    dirs.push(dir);
    written = [];
  });
  after(() => {
    for (const made of dirs) rmSync(made, { recursive: true });
  });

  function open(words: string, stream = 's'): { hls: HlsStream; failures: string[] } {
    const conf = readHls(parseConf(`hls { enabled on; hls_path ${dir}; ${words} }`));
    const name = { vhost: 'v', app: 'live', stream, url: `v/live/${stream}` };
    const failures: string[] = [];
    const hls = new HlsStream(conf, name, {
      written: (one) => written.push(one),
      failed: (reason) => failures.push(reason),
      ended: () => {},
    });
    return { hls, failures };
  }

  const video = (ms: number, key: boolean): Batch =>
    new Batch([toPacket(9, ms, Buffer.from([key ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x65]))]);
  const AVC_HEADER = Buffer.from([0x17, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0]);
  const headerAt = (ms: number): Batch => new Batch([toPacket(9, ms, AVC_HEADER)]);
  const header = headerAt(0);
  const files = (): string[] => readdirSync(path.join(dir, 'live')).sort();

  function seconds(hls: HlsStream, from: number, to: number): void {
    for (let ms = from * 1000; ms < to * 1000; ms += 200) hls.write(video(ms, ms % 1000 === 0));
  }

  it('are cut at keyframes, listed, and removed when they leave the window', () => {
    const { hls } = open('hls_fragment 2; hls_window 4;');
    hls.write(header);
    seconds(hls, 0, 11);
    assert.deepEqual(files(), ['s-2.ts', 's-3.ts', 's-4.ts', 's-5.ts.tmp', 's.m3u8']);
    hls.ended();
    assert.deepEqual(files(), ['s-3.ts', 's-4.ts', 's-5.ts', 's.m3u8']);
    const playlist = readFileSync(path.join(dir, 'live/s.m3u8'), 'utf8');
    assert.match(playlist, /SEQUENCE:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2\.000, no desc\ns-3\.ts/);
    assert.deepEqual(
      written.map((one) => one.segment.seq),
      [0, 1, 2, 3, 4, 5],
    );
    assert.ok(written[0]?.segment.discontinuity);
    hls.wipe();
    assert.deepEqual(files(), []);
  });

  it('go on in number with the next publisher, with a mark', () => {
    const { hls } = open('hls_fragment 1;');
    hls.write(header);
    seconds(hls, 0, 3);
    hls.ended();
    hls.write(headerAt(2800));
    seconds(hls, 3, 5);
    hls.ended();
    const numbers = written.map(
      ({ segment }) => `${segment.seq}${segment.discontinuity ? '!' : ''}`,
    );
    assert.deepEqual(numbers, ['0!', '1', '2', '3!', '4']);
  });

  it('stay where nobody cleans up, under the names of their template', () => {
    const { hls } = open(
      'hls_fragment 1; hls_window 1; hls_cleanup off; hls_entry_prefix http://cdn/; ' +
        'hls_m3u8_file [vhost]/[stream].m3u8; hls_ts_file [vhost]/ts/[seq]-[duration].ts;',
    );
    hls.write(header);
    seconds(hls, 0, 3);
    hls.ended();
    assert.deepEqual(readdirSync(path.join(dir, 'v/ts')).sort(), [
      '0-1000.ts',
      '1-1000.ts',
      '2-800.ts',
    ]);
    assert.match(
      readFileSync(path.join(dir, 'v/s.m3u8'), 'utf8'),
      /http:\/\/cdn\/v\/ts\/2-800\.ts/,
    );
  });

  it('are none for a name that would lead out of the directory', () => {
    const { hls, failures } = open('hls_fragment 1;', '../../../tmp/evil');
    hls.write(header);
    seconds(hls, 0, 3);
    hls.ended();
    assert.equal(failures.length, 1);
    assert.deepEqual(readdirSync(dir), []);
  });

  it('end at any audio past the second limit, where no keyframe comes', () => {
    const { hls } = open('hls_fragment 1; hls_aof_ratio 2;');
    const audio = (ms: number): Batch =>
      new Batch([toPacket(8, ms, Buffer.from([0x2f, 0xff, 0xfb]))]);
    for (let ms = 0; ms <= 5000; ms += 100) hls.write(audio(ms));
    hls.ended();
    const durations = written.map(({ segment }) => segment.durationMs);
    assert.deepEqual(durations, [2000, 2000, 1000]);
  });
});
