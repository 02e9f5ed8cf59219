import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  type DigestSchema,
  detectSchema,
  PLAYER_KEY,
  readDigest,
  SERVER_KEY,
  writeAnswerDigest,
  writeDigest,
} from '../../../src/protocol/rtmp/digest.js';
import {
  buildC0C1,
  buildC2,
  buildS0S1S2,
  HANDSHAKE_SIZE,
  parseC0C1,
} from '../../../src/protocol/rtmp/handshake.js';
import { buildComplexC1 } from '../../helpers/rtmp-bytes.js';

const seed = { time: 0x01020304, random: randomBytes(HANDSHAKE_SIZE) };
const SCHEMAS: readonly DigestSchema[] = ['schema0', 'schema1'];

function parse(bytes: Buffer) {
  const parsed = parseC0C1(bytes);
  assert.ok(parsed.kind === 'value');
  assert.equal(parsed.consumed, 1 + HANDSHAKE_SIZE);
  return parsed.value;
}

test('a simple C1 gets itself back', () => {
  const bytes = buildC0C1(seed.time, seed.random);
  const hello = parse(Buffer.concat([bytes, Buffer.of(1, 2, 3)]));
  assert.equal(hello.schema, 'simple');
  const answer = buildS0S1S2(hello, seed);
  assert.equal(answer.length, 1 + 2 * HANDSHAKE_SIZE);
  assert.equal(answer.toString('hex', 0, 9), '030102030400000000');
  assert.deepEqual(answer.subarray(1 + HANDSHAKE_SIZE), bytes.subarray(1));
  assert.deepEqual(buildC2(answer.subarray(1)), answer.subarray(1, 1 + HANDSHAKE_SIZE));
});

test('who tells no version has signed nothing', () => {
  const bytes = buildComplexC1('schema1', seed.random);
  bytes.writeUInt32BE(0, 1 + 4);
  writeDigest(bytes.subarray(1), 'schema1', PLAYER_KEY);
  assert.equal(parse(bytes).schema, 'simple');
});

for (const schema of SCHEMAS) {
  test(`a digest in ${schema} is answered in it`, () => {
    // Many, since four random bytes say where the digest stands.
    for (let round = 0; round < 100; round++) {
      const random = randomBytes(HANDSHAKE_SIZE);
      const hello = parse(buildComplexC1(schema, random));
      assert.equal(hello.schema, schema);
      const answer = buildS0S1S2(hello, { time: 1, random });
      const [s1, s2] = [answer.subarray(1, 1 + HANDSHAKE_SIZE), answer.subarray(1537)];
      assert.equal(detectSchema(s1, SERVER_KEY), schema);
      assert.equal(detectSchema(s1, PLAYER_KEY), null);
      const expected = Buffer.from(s2);
      writeAnswerDigest(expected, readDigest(hello.c1, schema), SERVER_KEY);
      assert.deepEqual(s2, expected);
    }
  });
}

test('every prefix is incomplete, any other version invalid at once', () => {
  const bytes = buildC0C1(0, seed.random);
  for (let size = 0; size < bytes.length; size++) {
    assert.equal(parseC0C1(bytes.subarray(0, size)).kind, 'incomplete');
  }
  for (const version of [0, 2, 4, 6, 0x16, 0x47, 0xff]) {
    assert.equal(parseC0C1(Buffer.of(version)).kind, 'invalid');
  }
});
