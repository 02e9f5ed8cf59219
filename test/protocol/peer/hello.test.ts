import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildAnswer,
  buildHello,
  type PeerHello,
  parseAnswer,
  parseHello,
} from '../../../src/protocol/peer/hello.js';
import { key } from '../../helpers/stream-key.js';

const SECRET = 'a secret of some length';
const HELLO: PeerHello = {
  child: 'c017',
  generation: 3,
  service: 'rtmp',
  wanted: { stream: key('__defaultVhost__/live/x'), role: 'play' },
  client: '[2001:db8::1]:40000',
  at: 1_700_000_000_000,
  nonce: 'abcdefghijkl',
};

test('a hello is read back, and leaves what follows', () => {
  const bytes = buildHello(HELLO, SECRET);
  const parsed = parseHello(Buffer.concat([bytes, Buffer.from('next')]), SECRET);
  assert.deepEqual(parsed, { kind: 'value', value: HELLO, consumed: bytes.length });
  const wanted = { stream: key('v/a/s'), role: 'play', hookId: 'abc' } as const;
  const known = parseHello(buildHello({ ...HELLO, wanted }, SECRET), SECRET);
  assert.deepEqual(known.kind === 'value' && known.value.wanted, wanted);
  const feed = { stream: key('v/a/s'), role: 'play', isFeed: true } as const;
  const shared = parseHello(buildHello({ ...HELLO, wanted: feed }, SECRET), SECRET);
  assert.deepEqual(shared.kind === 'value' && shared.value.wanted, feed);
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
  for (const part of [
    { service: 'ssh' },
    { wanted: { stream: 'x', role: 'own' } },
    { wanted: 1 },
  ]) {
    const odd = { ...HELLO, ...part } as unknown as PeerHello;
    assert.deepEqual(parseHello(buildHello(odd, SECRET), SECRET), {
      kind: 'invalid',
      reason: 'malformed hello',
    });
  }
  const giant = { ...HELLO, client: 'x'.repeat(9000) };
  assert.match(JSON.stringify(parseHello(buildHello(giant, SECRET), SECRET)), /hello of \d+ bytes/);
});

test('any bytes at all are read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseHello(Buffer.from(bytes), SECRET);
    }),
  );
});

test('the answer proves the secret, for this hello only', () => {
  for (const answer of ['welcome', 'gone'] as const) {
    const bytes = buildAnswer(answer, HELLO, SECRET);
    assert.deepEqual(parseAnswer(bytes, HELLO, SECRET), {
      kind: 'value',
      value: answer,
      consumed: 32,
    });
    assert.equal(parseAnswer(bytes.subarray(0, 31), HELLO, SECRET).kind, 'incomplete');
    assert.equal(parseAnswer(bytes, { ...HELLO, nonce: 'other' }, SECRET).kind, 'invalid');
    assert.equal(parseAnswer(bytes, HELLO, 'another').kind, 'invalid');
  }
});
