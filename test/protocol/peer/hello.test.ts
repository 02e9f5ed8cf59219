import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildHello,
  buildWelcome,
  type PeerHello,
  parseHello,
  parseWelcome,
} from '../../../src/protocol/peer/hello.js';

const SECRET = 'a secret of some length';
const HELLO: PeerHello = {
  child: 'c017',
  generation: 3,
  service: 'rtmp',
  client: '[2001:db8::1]:40000',
  at: 1_700_000_000_000,
  nonce: 'abcdefghijkl',
};

test('a hello is read back, and leaves what follows', () => {
  const bytes = buildHello(HELLO, SECRET);
  const parsed = parseHello(Buffer.concat([bytes, Buffer.from('next')]), SECRET);
  assert.deepEqual(parsed, { kind: 'value', value: HELLO, consumed: bytes.length });
});

test('every cut of it is incomplete', () => {
  const bytes = buildHello(HELLO, SECRET);
  for (let size = 0; size < bytes.length; size++) {
    assert.equal(parseHello(bytes.subarray(0, size), SECRET).kind, 'incomplete', `${size}`);
  }
});

test('a hello by another secret, or with one bit changed, is refused', () => {
  const bytes = buildHello(HELLO, SECRET);
  assert.equal(parseHello(bytes, `${SECRET}!`).kind, 'invalid');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    assert.notEqual(parseHello(changed, SECRET).kind, 'value', `${at}`);
  }
});

test('a signed hello of another form is refused', () => {
  const odd = { ...HELLO, service: 'ssh' } as unknown as PeerHello;
  assert.deepEqual(parseHello(buildHello(odd, SECRET), SECRET), {
    kind: 'invalid',
    reason: 'malformed hello',
  });
  const giant = { ...HELLO, client: 'x'.repeat(2000) };
  assert.match(JSON.stringify(parseHello(buildHello(giant, SECRET), SECRET)), /hello of \d+ bytes/);
});

test('any bytes at all are read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseHello(Buffer.from(bytes), SECRET);
    }),
  );
});

test('the welcome proves the secret, for this hello only', () => {
  const welcome = buildWelcome(HELLO, SECRET);
  assert.deepEqual(parseWelcome(welcome, HELLO, SECRET), {
    kind: 'value',
    value: true,
    consumed: 32,
  });
  assert.equal(parseWelcome(welcome.subarray(0, 31), HELLO, SECRET).kind, 'incomplete');
  assert.equal(parseWelcome(welcome, { ...HELLO, nonce: 'other' }, SECRET).kind, 'invalid');
  assert.equal(parseWelcome(welcome, HELLO, 'another').kind, 'invalid');
});
