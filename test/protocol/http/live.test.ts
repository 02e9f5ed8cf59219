import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { liveMatcher } from '../../../src/protocol/http/live.js';
import { isAmbiguous, parseTarget } from '../../../src/protocol/http/target.js';

const DEFAULT = '__defaultVhost__';
const mounts = [
  { vhost: DEFAULT, mount: '[vhost]/[app]/[stream].flv', isEdge: false },
  { vhost: 'ts.example', mount: '[vhost]/[app]/[stream].ts', isEdge: false },
  { vhost: 'mp3.example', mount: '/radio/[app]-[stream].mp3', isEdge: true },
  { vhost: 'mixed.example', mount: '/[vhost]/[app]/[stream].aac', isEdge: false },
  { vhost: 'last.example', mount: '/[stream]-[app].flv', isEdge: false },
  { vhost: 'half.example', mount: '/live/[stream].flv', isEdge: false },
  { vhost: 'none.example', mount: null, isEdge: false },
];
const match = liveMatcher(
  mounts,
  mounts.map(({ vhost }) => vhost),
);

const FOUND: readonly [host: string, target: string, key: string, type: string][] = [
  ['box:8080', '/live/x.flv', `${DEFAULT}/live/x`, 'video/x-flv'],
  ['', '/live/x.flv?token=1', `${DEFAULT}/live/x`, 'video/x-flv'],
  ['[::1]:80', '/live/a.b.flv', `${DEFAULT}/live/a.b`, 'video/x-flv'],
  ['ts.example:80', '/live/x.ts', 'ts.example/live/x', 'video/MP2T'],
  ['box', '/live/x.ts?vhost=ts.example', 'ts.example/live/x', 'video/MP2T'],
  ['box', '/live/x.ts?a=b&domain=ts.example', 'ts.example/live/x', 'video/MP2T'],
  ['ts.example', '/live/x.flv?vhost=unknown', `${DEFAULT}/live/x`, 'video/x-flv'],
  ['box', 'http://ts.example:1/live/x.ts', 'ts.example/live/x', 'video/MP2T'],
  ['mp3.example', '/radio/live-x.mp3', 'mp3.example/live/x', 'audio/mpeg'],
  ['mixed.example', '/mixed.example/live/x.aac', 'mixed.example/live/x', 'audio/x-aac'],
  ['box', '/live/%20x.flv', `${DEFAULT}/live/%20x`, 'video/x-flv'],
  ['box', '/live/tenant/x.flv', `${DEFAULT}/live/tenant/x`, 'video/x-flv'],
  ['ts.example', '/a/b/c/x.ts', 'ts.example/a/b/c/x', 'video/MP2T'],
  ['mp3.example', '/radio/a/b-x.mp3', 'mp3.example/a/b/x', 'audio/mpeg'],
  ['mp3.example', '/radio/a-b-x.mp3', 'mp3.example/a-b/x', 'audio/mpeg'],
  ['mp3.example', '/radio/a-b-.mp3', 'mp3.example/a/b-', 'audio/mpeg'],
  ['last.example', '/x-y-a/b.flv', 'last.example/a/b/x-y', 'video/x-flv'],
  ['last.example', '/x-a-b.flv', 'last.example/b/x-a', 'video/x-flv'],
];

const NOT_FOUND: readonly [host: string, target: string][] = [
  ['box', '/live/x.ts'],
  ['box', '/live/x.FLV'],
  ['box', '/live/x.flv/'],
  ['box', '/live/x.flv.m3u8'],
  ['box', '/x.flv'],
  ['box', '//x.flv'],
  ['box', '//live/x.flv'],
  ['box', '/live//x.flv'],
  ['box', '/live/.flv'],
  ['box', '/'],
  ['ts.example', '/live/x.flv'],
  ['none.example', '/live/x.flv'],
  ['half.example', '/live/x.flv'],
  ['mp3.example', '/radio/-x.mp3'],
  ['mp3.example', '/radio/a/-x.mp3'],
  ['mp3.example', '/radio/a-b/x.mp3'],
  ['mp3.example', '/radio/a-.mp3'],
  ['last.example', '/-a.flv'],
  ['last.example', '/x-.flv'],
  ['last.example', '/x/y-a.flv'],
];

function find(host: string, target: string) {
  const parsed = parseTarget(target);
  assert.ok(parsed);
  return match(parsed, host);
}

describe('the live stream of a request', () => {
  for (const [host, target, key, type] of FOUND) {
    it(`is ${key} for ${target} at '${host}'`, () => {
      const { name, contentType } = find(host, target) ?? {};
      assert.equal(`${name?.vhost}/${name?.app}/${name?.stream}`, key);
      assert.equal(contentType, type);
    });
  }

  for (const [host, target] of NOT_FOUND) {
    it(`is none for ${target} at ${host}`, () => assert.equal(find(host, target), null));
  }

  it('is none where the path is longer than any name', () => {
    assert.notEqual(find('mp3.example', `/radio/live-${'x'.repeat(2000)}.mp3`), null);
    assert.equal(find('mp3.example', `/radio/live-${'x'.repeat(5000)}.mp3`), null);
  });

  it('knows which children fetch from elsewhere', () => {
    assert.equal(find('mp3.example', '/radio/live-x.mp3')?.isEdge, true);
  });
});

describe('a target', () => {
  it('is origin-form or absolute-form', () => {
    assert.deepEqual(parseTarget('/a?b?c'), { authority: null, path: '/a', query: 'b?c' });
    assert.deepEqual(parseTarget('HTTP://h:1?q'), { authority: 'h:1', path: '/', query: 'q' });
    for (const other of ['*', 'host:80', 'live/x.flv', '', '?q']) {
      assert.equal(parseTarget(other), null, other);
    }
  });

  it('is ambiguous where programs could read two paths in it', () => {
    const bad = [
      '/..',
      '/../a',
      '/a/..',
      '/a/%2e%2E/b',
      '/a/.%2e/b',
      '/a%2Fb',
      '/a%5cb',
      '/a\\b',
      '/%00',
    ];
    for (const path of bad) assert.ok(isAmbiguous(path), path);
    for (const path of ['/', '/a..b', '/...', '/a/.b', '/%20']) assert.ok(!isAmbiguous(path), path);
  });
});
