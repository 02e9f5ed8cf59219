import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isLoopback, overlaps, parseAddress } from '../../src/config/address.js';

const GOOD: readonly [unknown, { host?: string; port: number }][] = [
  ['1935', { port: 1935 }],
  [1935, { port: 1935 }],
  [':1935', { port: 1935 }],
  [' 1935 ', { port: 1935 }],
  [0, { port: 0 }],
  ['127.0.0.1:1935', { host: '127.0.0.1', port: 1935 }],
  ['[::1]:1935', { host: '::1', port: 1935 }],
  ['[0:0:0:0:0:0:0:1]:80', { host: '::1', port: 80 }],
  ['[2001:DB8::1]:65535', { host: '2001:db8::1', port: 65535 }],
];

const BAD = [
  ...['', ':', 'rtmp', '99999', '65536', '-1', '1.5', '1935x', '::1', '[::1]', '[::1]1935'],
  ...['[]:1935', '[1.2.3.4]:1', '[::g]:1', '256.0.0.1:1', '1.2.3:1', 'localhost:1935', '1:2:3'],
  ...[1.5, -1, 65536, Number.NaN, null, undefined, true, {}, [1935]],
];

test('reads each form of an address', () => {
  for (const [text, expected] of GOOD) assert.deepEqual(parseAddress(text), expected, `${text}`);
});

test('refuses what is no address', () => {
  for (const text of BAD) assert.equal(parseAddress(text), undefined, JSON.stringify(text));
});

test('reads back what it prints', () => {
  const host = fc.option(fc.oneof(fc.ipV4(), fc.ipV6()), { nil: undefined });
  fc.assert(
    fc.property(host, fc.nat(65535), (name, port) => {
      const text = formatAddress(name === undefined ? { port } : { host: name, port });
      const parsed = parseAddress(text);
      assert.ok(parsed, text);
      assert.deepEqual(parseAddress(formatAddress(parsed)), parsed);
    }),
  );
});

test('never throws', () => {
  fc.assert(fc.property(fc.anything(), (raw) => void parseAddress(raw)));
});

test('knows which listeners take one port', () => {
  const clash = (a: string, b: string) => {
    const [one, two] = [parseAddress(a), parseAddress(b)];
    assert.ok(one && two);
    assert.equal(overlaps(one, two), overlaps(two, one));
    return overlaps(one, two);
  };
  assert.ok(clash('80', '80'));
  assert.ok(clash('80', '127.0.0.1:80'));
  assert.ok(clash('80', '[::1]:80'));
  assert.ok(clash('0.0.0.0:80', '127.0.0.1:80'));
  assert.ok(clash('[::]:80', '127.0.0.1:80'));
  assert.ok(!clash('0.0.0.0:80', '[::1]:80'));
  assert.ok(!clash('127.0.0.1:80', '127.0.0.2:80'));
  assert.ok(!clash('80', '81'));
  assert.ok(!clash('0', '0'));
});

test('knows loopback', () => {
  assert.ok(isLoopback({ host: '127.0.0.1', port: 1 }));
  assert.ok(isLoopback({ host: '127.9.9.9', port: 1 }));
  assert.ok(isLoopback({ host: '::1', port: 1 }));
  assert.ok(!isLoopback({ port: 1 }));
  assert.ok(!isLoopback({ host: '0.0.0.0', port: 1 }));
  assert.ok(!isLoopback({ host: '10.0.0.1', port: 1 }));
});
