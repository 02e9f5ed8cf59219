import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStreamUrl } from '../../../src/protocol/rtmp/stream-url.js';
import { resolveVhost, streamKey } from '../../../src/stream-key.js';
import { STREAM_URLS, VHOSTS } from '../../helpers/stream-urls.js';

function keyOf(tcUrl: string, stream: string): string | null {
  const parsed = parseStreamUrl(tcUrl, stream);
  if (parsed.kind !== 'value') return null;
  return streamKey({ ...parsed.value, vhost: resolveVhost(parsed.value.vhost, VHOSTS) });
}

for (const [tcUrl, stream, key] of STREAM_URLS) {
  test(`${tcUrl} and ${stream}: ${key}`, () => assert.equal(keyOf(tcUrl, stream), key));
}

test('tells host, vhost and parameters apart', () => {
  const parsed = parseStreamUrl('rtmp://[::1]:1935/live', 'cam?token=1&vhost=my.com');
  assert.deepEqual(parsed.kind === 'value' && parsed.value, {
    host: '::1',
    app: 'live',
    stream: 'cam',
    vhost: 'my.com',
    param: '?token=1&vhost=my.com',
  });
});

test('refuses what is too long, and control characters', () => {
  const url = 'rtmp://h/live';
  for (const [tcUrl, stream] of [
    [url, 'x'.repeat(2049)],
    [url + 'x'.repeat(2048), 's'],
    [url, 'a\nb'],
    [url, 'a\u0000'],
    ['rtmp://h/l\tive', 's'],
  ] as const) {
    assert.equal(parseStreamUrl(tcUrl, stream).kind, 'invalid');
  }
  assert.equal(keyOf(url, 'x'.repeat(2048)), `__defaultVhost__/live/${'x'.repeat(2048)}`);
});

test('takes tokens of some KB, which are no part of the name', () => {
  const token = `?token=${'x'.repeat(3000)}`;
  assert.equal(keyOf('rtmp://h/live', `cam${token}`), '__defaultVhost__/live/cam');
  assert.equal(keyOf(`rtmp://h/live${token}`, 'cam'), '__defaultVhost__/live/cam');
});
