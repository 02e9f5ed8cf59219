import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type OriginConf, readConf } from '../../src/origin/conf/conf.js';
import { parseConf } from '../../src/srs-conf/parse.js';

function read(text: string): OriginConf {
  return readConf(parseConf(text), 20_000);
}

describe("mini-srs reads SRS's config", () => {
  it('takes every form of listen', () => {
    const { rtmp } = read('listen 1935 127.0.0.1:1936 [::1]:1937;');
    const expected = [
      [undefined, 1935],
      ['127.0.0.1', 1936],
      ['::1', 1937],
    ];
    assert.deepEqual(
      rtmp.map(({ host, port }) => [host, port]),
      expected,
    );
    assert.equal(rtmp[1]?.text, '127.0.0.1:1936');
  });

  it('has nothing on that nobody asked for', () => {
    const conf = read('listen 1935; http_api { listen 1; } heartbeat { interval 3; }');
    assert.deepEqual([conf.api, conf.http, conf.heartbeat], [null, null, null]);
    assert.equal(conf.maxConnections, 1000);
    const vhost = conf.vhosts.get('__defaultVhost__');
    assert.deepEqual([vhost?.mount, vhost?.gopCache, vhost?.flushMs], [null, true, 350]);
    assert.deepEqual(vhost?.hooks.on_publish, []);
  });

  it('reads a vhost', () => {
    const { vhosts } = read(`listen 1; vhost a.com {
      http_remux { enabled on; mount /[app]/[stream].flv; } min_latency on;
      play { gop_cache off; }
      http_hooks { enabled on; on_play http://a/1 http://a/2; } }
      vhost off.com { enabled off; http_hooks { on_play http://a/3; } }`);
    const vhost = vhosts.get('a.com');
    assert.deepEqual(
      [vhost?.mount, vhost?.gopCache, vhost?.flushMs],
      ['/[app]/[stream].flv', false, 0],
    );
    assert.deepEqual(vhost?.hooks.on_play, ['http://a/1', 'http://a/2']);
    assert.equal(vhosts.get('off.com')?.enabled, false);
    assert.deepEqual(vhosts.get('off.com')?.hooks.on_play, []);
  });

  it('names what it does not act on', () => {
    const { unserved } = read(`listen 1; srt_server { enabled on; listen 8000; }
      http_api { enabled on; listen 1; auth { enabled on; } }
      vhost __defaultVhost__ { forward { enabled on; } dash { enabled on; } }`);
    assert.deepEqual(unserved, ['srt_server', 'vhost.forward', 'vhost.dash']);
  });

  for (const [text, reason] of [
    ['listen 1; heartbeat { enabled on; interval 0.5; }', /heartbeat\.interval/],
    ['listen 1:2:3;', /listen port/],
    ['listen 70000;', /listen port/],
    ['listen 1; max_connections many;', /max_connections must/],
    ['listen 1; vhost a { play { foo 1; } }', /illegal vhost\.play\.foo of a/],
    ['listen 1; max_connections 19900;', /20028 exceed max open files=20000/],
    ['listen 1; vhost a { http_remux { enabled on; } http_remux { enabled on; } }', /only one/],
    [
      'listen 1; vhost a { hls { enabled on; } http_remux { enabled on; mount /[app]/[stream].ts; } }',
      /vhost.hls conflict with vhost.http-ts of a/,
    ],
    ['listen 1; vhost a { hls { hls_foo 1; } }', /illegal vhost\.hls\.hls_foo/],
    ['listen 1; http_api { auth { user a; } }', /illegal http_api\.auth\.user/],
  ] as const) {
    it(`refuses '${text}'`, () => {
      assert.throws(() => read(text), reason);
    });
  }
});
