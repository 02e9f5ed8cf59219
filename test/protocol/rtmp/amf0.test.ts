import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amf0Object,
  type Amf0Value,
  decodeAmf0,
  decodeAmf0All,
  encodeAmf0,
} from '../../../src/protocol/rtmp/amf0.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const bare = (properties: object) => Object.assign(Object.create(null), properties);

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly value: Amf0Value;
}

const BOTH_WAYS: readonly Case[] = [
  { name: 'number', bytes: hex('00 3ff0000000000000'), value: 1 },
  { name: 'not a number', bytes: hex('00 7ff8000000000000'), value: Number.NaN },
  { name: 'true', bytes: hex('01 01'), value: true },
  { name: 'false', bytes: hex('01 00'), value: false },
  { name: 'string', bytes: hex('02 0002 6162'), value: 'ab' },
  { name: 'string in UTF-8', bytes: hex('02 0006 e697a5e69cac'), value: '日本' },
  { name: 'empty string', bytes: hex('02 0000'), value: '' },
  { name: 'null', bytes: hex('05'), value: null },
  { name: 'undefined', bytes: hex('06'), value: undefined },
  { name: 'empty object', bytes: hex('03 0000 09'), value: bare({}) },
  {
    name: 'object in an object',
    bytes: hex('03 0001 61 03 0001 62 05 0000 09 0001 63 0101 0000 09'),
    value: bare({ a: bare({ b: null }), c: true }),
  },
  {
    name: 'object whose keys look special',
    bytes: hex('03 0009 5f5f70726f746f5f5f 05 0000 05 0000 09'),
    value: bare(
      Object.fromEntries([
        ['__proto__', null],
        ['', null],
      ]),
    ),
  },
  { name: 'array', bytes: hex('0a 00000002 05 0100'), value: [null, false] },
  { name: 'date', bytes: hex('0b 408f400000000000 0000'), value: new Date(1000) },
  {
    name: 'long string',
    bytes: Buffer.concat([hex('0c 00010000'), Buffer.alloc(0x10000, 'x')]),
    value: 'x'.repeat(0x10000),
  },
];

const ONLY_READ: readonly Case[] = [
  { name: 'any byte but 0 as true', bytes: hex('01 02'), value: true },
  { name: 'ECMA array', bytes: hex('08 00000001 0001 61 05 0000 09'), value: bare({ a: null }) },
  { name: 'ECMA array with a false count', bytes: hex('08 ffffffff 0000 09'), value: bare({}) },
  { name: 'short string in the long form', bytes: hex('0c 00000001 61'), value: 'a' },
  { name: 'reference', bytes: hex('07 0001'), value: undefined },
  { name: 'unsupported', bytes: hex('0d'), value: undefined },
  { name: 'XML document', bytes: hex('0f 00000004 3c612f3e'), value: '<a/>' },
  {
    name: 'typed object',
    bytes: hex('10 0001 54 0001 61 0101 0000 09'),
    value: bare({ a: true }),
  },
];

const deep = (depth: number) =>
  Buffer.concat([hex('03 0001 61'.repeat(depth)), hex('05'), hex('0000 09'.repeat(depth))]);
const wide = (properties: number) =>
  Buffer.concat([hex('03'), hex('0001 61 05'.repeat(properties)), hex('0000 09')]);

const INVALID: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: 'a movie clip', bytes: hex('04') },
  { name: 'a record set', bytes: hex('0e') },
  { name: 'an object end alone', bytes: hex('09') },
  { name: 'an unknown marker', bytes: hex('ff') },
  { name: 'objects 17 deep', bytes: deep(17) },
  { name: 'arrays 17 deep', bytes: hex('0a 00000001'.repeat(17)) },
  { name: '1025 properties', bytes: wide(1025) },
  { name: 'an array of 4 G elements', bytes: hex('0a ffffffff') },
];

for (const { name, bytes, value } of BOTH_WAYS) {
  test(`writes ${name}`, () => assert.deepEqual(encodeAmf0(value), bytes));
}

for (const { name, bytes, value } of [...BOTH_WAYS, ...ONLY_READ]) {
  test(`reads ${name}`, () => {
    assert.deepEqual(decodeAmf0(bytes), { kind: 'value', value, consumed: bytes.length });
    const behind = Buffer.concat([hex('0505'), bytes, hex('ff')]);
    assert.deepEqual(decodeAmf0(behind, 2), { kind: 'value', value, consumed: bytes.length });
  });

  test(`every prefix is incomplete: ${name}`, () => {
    const step = Math.max(1, Math.trunc(bytes.length / 500));
    for (let size = 0; size < bytes.length; size += step) {
      const prefix = bytes.subarray(0, size);
      assert.equal(decodeAmf0(prefix).kind, 'incomplete', `${size} bytes`);
      assert.equal(decodeAmf0All(prefix).kind, size === 0 ? 'value' : 'invalid');
    }
  });
}

for (const { name, bytes } of INVALID) {
  test(`refuses ${name}`, () => {
    assert.equal(decodeAmf0(bytes).kind, 'invalid');
    assert.equal(decodeAmf0All(bytes).kind, 'invalid');
  });
}

test('a key that is too long is cut between characters', () => {
  for (const letter of ['x', 'é', '日']) {
    const [key = ''] = Object.keys(reread({ [letter.repeat(70_000)]: 1 }));
    assert.match(key, new RegExp(`^${letter}{20000,}$`));
  }
});

function reread(object: Amf0Object): Amf0Object {
  const decoded = decodeAmf0(encodeAmf0(object));
  assert.ok(decoded.kind === 'value');
  return decoded.value as Amf0Object;
}

test('16 deep and 1024 properties are fine', () => {
  assert.equal(decodeAmf0(deep(16)).kind, 'value');
  assert.equal(decodeAmf0(wide(1024)).kind, 'value');
});

test('limits count over all values of a payload', () => {
  assert.equal(decodeAmf0All(Buffer.concat([wide(512), wide(512)])).kind, 'value');
  assert.equal(decodeAmf0All(Buffer.concat([wide(512), wide(513)])).kind, 'invalid');
  assert.equal(decodeAmf0All(Buffer.alloc(100_000, 0x05)).kind, 'invalid');
});

test('reads a whole payload; AMF3 in it ends it', () => {
  const bytes = encodeAmf0('play', 4, null, 'cam');
  const all = decodeAmf0All(Buffer.concat([bytes, hex('11 0a0b01')]));
  assert.deepEqual(all.kind === 'value' && all.value, ['play', 4, null, 'cam', undefined]);
});
