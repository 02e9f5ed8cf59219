import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHook, rewriteHook } from '../../src/hooks/body.js';
import { streamId } from '../../src/public-ids.js';

const ON_HLS = {
  server_id: 'c001',
  service_id: 'h3f4',
  action: 'on_hls',
  client_id: '9308h583',
  ip: '127.1.0.7',
  vhost: '__defaultVhost__',
  app: 'live',
  tcUrl: 'rtmp://127.0.0.1/live',
  stream: 'livestream',
  param: '?token=a"b\\u0000',
  duration: 9.36,
  cwd: '/run/srs',
  file: './html/live/livestream-0.ts',
  url: 'live/livestream-0.ts',
  m3u8: './html/live/livestream.m3u8',
  m3u8_url: 'live/livestream.m3u8',
  seq_no: 100,
  stream_url: '/live/livestream',
  stream_id: 'vid-124q9y3',
};

test('ids and the address are the box’s, and all the rest is as SRS sent it', () => {
  const body = parseHook(JSON.stringify(ON_HLS));
  assert.ok(body);
  const ids = { serverId: 'vid-box', serviceId: '76543210', child: 'c001' };
  const text = rewriteHook(body, { ip: '203.0.113.9', ...ids });
  const expected = {
    ...ON_HLS,
    server_id: 'vid-box',
    service_id: '76543210',
    ip: '203.0.113.9',
    stream_id: streamId(ON_HLS.stream_url),
    child: 'c001',
  };
  assert.equal(text, JSON.stringify(expected));
});

test('what is no hook of SRS is not taken for one', () => {
  const { client_id: _, ...noClient } = ON_HLS;
  const forms = [
    noClient,
    { ...ON_HLS, action: 'on_delete' },
    { ...ON_HLS, action: ['on_hls'] },
    { ...ON_HLS, vhost: 1 },
    { ...ON_HLS, stream: {} },
    [ON_HLS],
    null,
    'on_hls',
  ];
  for (const form of forms) assert.equal(parseHook(JSON.stringify(form)), null);
  for (const text of ['', '{', '0', `${JSON.stringify(ON_HLS)}}`]) {
    assert.equal(parseHook(text), null);
  }
});

test('a bearer token has a field of its own, and is in the parameters that have no other', () => {
  const truth = { ip: '1.2.3.4', serverId: 'vid-box', child: null, token: 'a+b/c=' };
  const told = (param: string) => {
    const body = parseHook(JSON.stringify({ ...ON_HLS, action: 'on_publish', param }));
    assert.ok(body);
    return JSON.parse(rewriteHook(body, truth)) as Record<string, string>;
  };
  const ours = `bearer-key=${'ab'.repeat(12)}&eip=1.2.3.4:5&ice-ufrag=S${'a'.repeat(22)}&`;
  const { param, token } = told(`?${ours}app=live`);
  assert.equal(token, 'a+b/c=');
  assert.equal(param, '?app=live&token=a%2Bb%2Fc%3D');
  assert.equal(told('app=live&token=own').param, 'app=live&token=own');
  assert.equal(told('app=live&xtoken=own').param, 'app=live&xtoken=own&token=a%2Bb%2Fc%3D');
});
