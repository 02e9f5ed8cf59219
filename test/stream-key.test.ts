import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DEFAULT_VHOST,
  nameOf,
  parseNamedStream,
  parseStreamKey,
  resolveVhost,
  type StreamName,
  streamKey,
  streamUrl,
} from '../src/stream-key.js';

const NAMES: readonly [StreamName, key: string, url: string][] = [
  [{ vhost: 'a.com', app: 'live', stream: 's' }, 'a.com/live/s', 'a.com/live/s'],
  [{ vhost: 'a.com', app: 'live/sub', stream: 's' }, 'a.com/live/sub/s', 'a.com/live/sub/s'],
  [{ vhost: DEFAULT_VHOST, app: 'live', stream: 's' }, `${DEFAULT_VHOST}/live/s`, '/live/s'],
];

describe('a stream key', () => {
  it('is made from a name, and names it', () => {
    for (const [name, key, url] of NAMES) {
      assert.equal(streamKey(name), key);
      assert.deepEqual(nameOf(streamKey(name)), name);
      assert.equal(streamUrl(name), url);
    }
  });

  it('is read from a text that has a vhost and a stream', () => {
    for (const [, key] of NAMES) assert.equal(parseStreamKey(key), key);
    for (const text of ['', 'live', 'live/s', '/live/s', 'a.com/live/', '//', 'a.com//']) {
      assert.equal(parseStreamKey(text), null, text);
    }
  });

  it('has the default vhost where nobody configured the one that was asked for', () => {
    assert.equal(resolveVhost('my.com', ['my.com']), 'my.com');
    assert.equal(resolveVhost('My.com', ['my.com']), DEFAULT_VHOST);
    assert.equal(resolveVhost('', []), DEFAULT_VHOST);
  });
});

describe('a stream that a person names', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['live/cam', '__defaultVhost__/live/cam'],
    ['/live/cam', '__defaultVhost__/live/cam'],
    ['/a/b/cam', '__defaultVhost__/a/b/cam'],
    ['tv.com/live/cam', 'tv.com/live/cam'],
    ...['', '/', 'cam', '/cam', 'live/', 'a//b', '//live/cam'].map((text) => [text, null] as const),
  ];
  it('is one of the default vhost, unless it has three parts', () => {
    for (const [text, expected] of table) assert.equal(parseNamedStream(text), expected, text);
  });
});
