import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkReader, type ReadMessage } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { setChunkSize } from '../../../src/protocol/rtmp/control.js';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.js';

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly messages: readonly Partial<ReadMessage>[];
}

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
const text = (content: string) => Buffer.from(content);
const long = Buffer.alloc(300, 'abcdefghij');

/** One message alone: decodes, encodes back, and every prefix is incomplete. */
const WRITTEN: readonly (Case & { readonly message: RtmpMessage; readonly chunkSize?: number })[] =
  [
    {
      name: 'one chunk',
      bytes: hex('03 000010 000002 14 01000000', '6162'),
      message: { csid: 3, timestamp: 16, typeId: 20, streamId: 1, payload: text('ab') },
    },
    {
      name: 'no payload',
      bytes: hex('04 000000 000000 08 01000000'),
      message: { csid: 4, timestamp: 0, typeId: 8, streamId: 1, payload: Buffer.alloc(0) },
    },
    {
      name: 'two-byte chunk stream id',
      bytes: hex('00 00 000001 000001 09 01000000 61'),
      message: { csid: 64, timestamp: 1, typeId: 9, streamId: 1, payload: text('a') },
    },
    {
      name: 'last two-byte chunk stream id',
      bytes: hex('00 ff 000001 000001 09 01000000 61'),
      message: { csid: 319, timestamp: 1, typeId: 9, streamId: 1, payload: text('a') },
    },
    {
      name: 'three-byte chunk stream id',
      bytes: hex('01 0001 000001 000001 09 01000000 61'),
      message: { csid: 320, timestamp: 1, typeId: 9, streamId: 1, payload: text('a') },
    },
    {
      name: 'last chunk stream id',
      bytes: hex('01 ffff 000001 000001 09 01000000 61'),
      message: { csid: 65599, timestamp: 1, typeId: 9, streamId: 1, payload: text('a') },
    },
    {
      name: 'three chunks',
      bytes: Buffer.concat([
        hex('06 000010 00012c 09 01000000'),
        long.subarray(0, 128),
        hex('c6'),
        long.subarray(128, 256),
        hex('c6'),
        long.subarray(256),
      ]),
      message: { csid: 6, timestamp: 16, typeId: 9, streamId: 1, payload: long },
    },
    {
      name: 'extended timestamp in every chunk',
      bytes: Buffer.concat([
        hex('06 ffffff 00012c 09 01000000 fffffffe'),
        long.subarray(0, 128),
        hex('c6 fffffffe'),
        long.subarray(128, 256),
        hex('c6 fffffffe'),
        long.subarray(256),
      ]),
      message: { csid: 6, timestamp: 0xfffffffe, typeId: 9, streamId: 1, payload: long },
    },
    {
      name: 'the first timestamp that is extended',
      bytes: hex('06 ffffff 000001 09 01000000 00ffffff 61'),
      message: { csid: 6, timestamp: 0xffffff, typeId: 9, streamId: 1, payload: text('a') },
    },
  ].map((one) => ({ ...one, messages: [{ ...one.message, start: 0, fmt: 0 }] }));

const READ: readonly Case[] = [
  {
    name: 'fmt 1, 2 and 3 take the rest from before',
    bytes: hex(
      '06 0003e8 000001 09 01000000 61',
      '46 000028 000002 09 6262',
      '86 00000a 6363',
      'c6 6464',
    ),
    messages: [
      { timestamp: 1000, payload: text('a'), start: 0, end: 13, fmt: 0 },
      { timestamp: 1040, payload: text('bb'), streamId: 1, start: 13, end: 23, fmt: 1 },
      { timestamp: 1050, payload: text('cc'), start: 23, end: 29, fmt: 2 },
      { timestamp: 1060, payload: text('dd'), typeId: 9, start: 29, end: 32, fmt: 3 },
    ],
  },
  {
    name: 'fmt 3 after fmt 0 adds the timestamp again',
    bytes: hex('06 000010 000001 09 01000000 61 c6 62'),
    messages: [{ timestamp: 16 }, { timestamp: 32 }],
  },
  {
    name: 'a timestamp wraps',
    bytes: hex('06 ffffff 000001 09 01000000 ffffffff 61', '86 000002 62'),
    messages: [{ timestamp: 0xffffffff }, { timestamp: 1, payload: text('b') }],
  },
  {
    name: 'an extended delta, and fmt 3 with it',
    bytes: hex('06 000001 000001 09 01000000 61', '86 ffffff 01000000 62', 'c6 01000000 63'),
    messages: [{ timestamp: 1 }, { timestamp: 0x1000001 }, { timestamp: 0x2000001 }],
  },
  {
    name: 'a continuation without the extended timestamp',
    bytes: Buffer.concat([
      hex('06 ffffff 000086 09 01000000 01000000'),
      long.subarray(0, 128),
      hex('c6'),
      long.subarray(128, 134),
    ]),
    messages: [{ timestamp: 0x1000000, payload: long.subarray(0, 134) }],
  },
  {
    name: 'interleaved chunk streams',
    bytes: Buffer.concat([
      hex('06 000010 000082 09 01000000'),
      long.subarray(0, 128),
      hex('07 000011 000001 08 01000000 61'),
      hex('c6'),
      long.subarray(128, 130),
    ]),
    messages: [
      { csid: 7, payload: text('a'), start: 140, end: 153 },
      { csid: 6, payload: long.subarray(0, 130), start: 0, end: 156 },
    ],
  },
  {
    name: 'SetChunkSize takes hold between chunks',
    bytes: Buffer.concat([
      hex('06 000010 000096 09 01000000'),
      long.subarray(0, 128),
      hex('02 000000 000004 01 00000000 80000010'),
      hex('c6'),
      long.subarray(128, 144),
      hex('c6'),
      long.subarray(144, 150),
    ]),
    messages: [{ typeId: 1 }, { csid: 6, payload: long.subarray(0, 150) }],
  },
  {
    name: 'Abort drops what came of a message',
    bytes: Buffer.concat([
      hex('06 000010 000096 09 01000000'),
      long.subarray(0, 128),
      hex('02 000000 000004 02 00000000 00000006'),
      hex('06 000020 000001 09 01000000 61'),
    ]),
    messages: [{ typeId: 2 }, { csid: 6, timestamp: 32, payload: text('a') }],
  },
  {
    name: 'a ping as fmt 1 on a fresh chunk stream',
    bytes: hex('42 000000 000006 04 0007 00000001'),
    messages: [{ csid: 2, typeId: 4, streamId: 0 }],
  },
];

const INVALID: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: 'fmt 2 first', bytes: hex('86 000001') },
  { name: 'fmt 3 first', bytes: hex('c6') },
  { name: 'chunk size 0', bytes: hex('02 000000 000004 01 00000000 80000000') },
  { name: 'short chunk size', bytes: hex('02 000000 000003 01 00000000 800000') },
  { name: 'short abort', bytes: hex('02 000000 000000 02 00000000') },
  {
    name: 'a new header inside a message',
    bytes: Buffer.concat([hex('06 000010 000096 09 01000000'), long.subarray(0, 128), hex('06')]),
  },
];

/** Feeds the bytes in pieces of `size` and collects what comes out. */
function readAll(bytes: Buffer, size = bytes.length): ReadMessage[] {
  const reader = new ChunkReader();
  const messages: ReadMessage[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    for (let next = reader.next(); next.kind !== 'incomplete'; next = reader.next()) {
      assert.ok(next.kind === 'value', JSON.stringify(next));
      messages.push(next.value);
    }
  }
  return messages;
}

function pick(message: ReadMessage, like: Partial<ReadMessage>): Partial<ReadMessage> {
  const keys = Object.keys(like) as (keyof ReadMessage)[];
  return Object.fromEntries(keys.map((key) => [key, message[key]]));
}

for (const { name, bytes, message, chunkSize = 128 } of WRITTEN) {
  test(`writes ${name}`, () => {
    assert.deepEqual(encodeMessage(message, chunkSize), bytes);
  });

  test(`every prefix is incomplete: ${name}`, () => {
    for (let size = 0; size < bytes.length; size++) {
      const reader = new ChunkReader();
      reader.push(bytes.subarray(0, size));
      assert.equal(reader.next().kind, 'incomplete', `${size} bytes`);
      assert.equal(reader.partialStart(), size === 0 ? null : 0);
    }
  });
}

for (const { name, bytes, messages } of [...WRITTEN, ...READ]) {
  test(`reads ${name}, in pieces of any size`, () => {
    for (const size of [bytes.length, 1, 2, 3, 7, 127, 129]) {
      const read = readAll(bytes, size);
      assert.equal(read.length, messages.length);
      for (const [index, like] of messages.entries()) {
        assert.deepEqual(pick(read[index]!, like), like, `message ${index}, pieces of ${size}`);
      }
    }
  });
}

for (const { name, bytes } of INVALID) {
  test(`refuses ${name}, and stays so`, () => {
    const reader = new ChunkReader();
    reader.push(bytes);
    assert.equal(reader.next().kind, 'invalid');
    reader.push(encodeMessage(setChunkSize(4096), 128));
    assert.equal(reader.next().kind, 'invalid');
  });
}

test('reads what was pushed in many pieces before the first next', () => {
  const reader = new ChunkReader();
  const bytes = Buffer.concat(WRITTEN.map((one) => one.bytes));
  for (const byte of bytes) reader.push(Buffer.of(byte));
  for (const { message } of WRITTEN) {
    const next = reader.next();
    assert.ok(next.kind === 'value');
    assert.deepEqual(next.value.payload, message.payload);
  }
  assert.equal(reader.partialStart(), null);
});

test('partialStart is the earliest message that is not whole', () => {
  const reader = new ChunkReader();
  reader.push(hex('03 000010 000002 14 01000000', '6162'));
  reader.push(Buffer.concat([hex('06 000010 000096 09 01000000'), long.subarray(0, 128)]));
  reader.push(hex('07 000011 000002 08 01000000 61'));
  assert.equal(reader.next().kind, 'value');
  assert.equal(reader.next().kind, 'incomplete');
  assert.equal(reader.partialStart(), 14);
});

test('a payload in one piece is not copied', () => {
  const bytes = hex('03 000010 000002 14 01000000', '6162');
  const [message] = readAll(bytes);
  assert.equal(message?.payload.buffer, bytes.buffer);
});

test('a chunk size beyond any message is cut to 16 MiB', () => {
  const reader = new ChunkReader();
  reader.push(encodeMessage(setChunkSize(0x7fffffff), 128));
  assert.equal(reader.next().kind, 'value');
  assert.equal(reader.chunkSize, 16 * 1024 * 1024);
});

test('the limits hold', () => {
  const begin = (csid: number) =>
    Buffer.concat([Buffer.of(csid), hex('000010 000300 09 01000000')]);
  const verdict = (limits: object, ...bytes: Buffer[]) => {
    const reader = new ChunkReader(limits);
    reader.push(Buffer.concat(bytes));
    return reader.next().kind;
  };
  const chunk = Buffer.alloc(128);
  assert.equal(verdict({ maxMessageSize: 0x2ff }, begin(6)), 'invalid');
  assert.equal(verdict({ maxMessageSize: 0x300 }, begin(6)), 'incomplete');
  assert.equal(verdict({ maxChunkStreams: 1 }, begin(6), chunk, begin(7)), 'invalid');
  assert.equal(verdict({ maxBuffered: 0x5ff }, begin(6), chunk, begin(7)), 'invalid');
  assert.equal(verdict({ maxBuffered: 0x600 }, begin(6), chunk, begin(7)), 'incomplete');
});
