import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedBody, httpChunk, LAST_CHUNK } from '../../../src/protocol/http/chunks.js';

const CHUNKS = [Buffer.from('one'), Buffer.alloc(300, 'x'), Buffer.from('\r\n0\r\n')];
const BODY = Buffer.concat([...CHUNKS.map((chunk) => httpChunk([chunk])), LAST_CHUNK]);

/** Decodes a body that comes in pieces of one size; returns chunks, and the reason for an end. */
function decode(body: Buffer, size: number): { chunks: Buffer[]; end: string } {
  const decoder = new ChunkedBody();
  const chunks: Buffer[] = [];
  let present: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    decoder.push(body.subarray(at, at + size));
    for (let part = decoder.next(); part.kind !== 'incomplete'; part = decoder.next()) {
      if (part.kind === 'invalid') return { chunks, end: part.reason };
      if (part.value.endsBody) return { chunks, end: 'whole' };
      present.push(part.value.bytes);
      if (!part.value.endsChunk) continue;
      chunks.push(Buffer.concat(present));
      present = [];
    }
  }
  return { chunks, end: 'cut' };
}

test('a chunked body is decoded, however it is cut', () => {
  for (let size = 1; size <= BODY.length; size += 1) {
    assert.deepEqual(decode(BODY, size), { chunks: CHUNKS, end: 'whole' }, `${size}`);
  }
});

test('a body that has not ended is incomplete', () => {
  for (let size = 0; size < BODY.length - 2; size += 1) {
    const { end } = decode(BODY.subarray(0, size), 1000);
    assert.ok(end === 'cut' || size >= BODY.length - LAST_CHUNK.length + 3, `${size}`);
  }
});

test('sizes have any case and extensions', () => {
  const body = Buffer.from('A;name=x\r\n0123456789\r\n0\r\n\r\n');
  assert.deepEqual(decode(body, 3), { chunks: [Buffer.from('0123456789')], end: 'whole' });
});

test('what is no chunk is invalid, and is not waited for without end', () => {
  assert.equal(decode(Buffer.from('FLV\r\n'), 9).end, 'bad chunk size');
  assert.equal(decode(Buffer.from('\r\n'), 9).end, 'bad chunk size');
  assert.equal(decode(Buffer.from('3\r\nabcd\r\n'), 99).end, 'no end of chunk');
  assert.equal(decode(Buffer.alloc(300, '1'), 99).end, 'long chunk size');
});
