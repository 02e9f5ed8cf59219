import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvReader } from '../../../src/protocol/flv/reader.js';
import { parseFileHeader, parseTag, withTimestamp } from '../../../src/protocol/flv/tag.js';
import { FLV_HEADER, flvTagOf, keyframe, METADATA } from '../../helpers/flv-bytes.js';

const TAGS = [METADATA, keyframe(0x1020304, 300), flvTagOf(8, 7, Buffer.alloc(0))];
const STREAM = Buffer.concat([FLV_HEADER, ...TAGS]);

/** Reads a stream that comes in pieces of one size. */
function read(stream: Buffer, size: number): { tags: Buffer[]; reader: FlvReader } {
  const reader = new FlvReader();
  const tags: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) {
    reader.push(stream.subarray(at, at + size));
    for (let next = reader.next(); next.kind === 'value'; next = reader.next()) {
      tags.push(next.value.bytes);
    }
  }
  return { tags, reader };
}

test('an FLV stream is read whole, however it is cut', () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const { tags, reader } = read(STREAM, size);
    assert.deepEqual(tags, TAGS, `${size}`);
    assert.deepEqual(reader.header, FLV_HEADER);
  }
});

test('a tag that has not come yet is incomplete', () => {
  for (let size = 0; size < STREAM.length; size += 1) {
    const { tags } = read(STREAM.subarray(0, size), 1000);
    const whole = TAGS.filter((_, count) => {
      const before = TAGS.slice(0, count + 1).reduce((sum, tag) => sum + tag.length, 13);
      return before <= size;
    });
    assert.equal(tags.length, whole.length, `${size}`);
  }
});

test('a tag has type, time and payload, and can be given another time', () => {
  const [, tag = Buffer.alloc(0)] = TAGS;
  const parsed = parseTag(tag);
  assert.ok(parsed.kind === 'value');
  const { typeId, timestamp, payload } = parsed.value;
  assert.deepEqual([typeId, timestamp, payload.length, parsed.consumed], [9, 0x1020304, 305, 320]);
  const later = parseTag(withTimestamp(tag, 0xfffffffe));
  assert.ok(later.kind === 'value');
  assert.deepEqual([later.value.timestamp, later.value.payload], [0xfffffffe, payload]);
});

test('what is no FLV is invalid', () => {
  assert.equal(parseFileHeader(Buffer.from('HTTP/1.1 404 Not Found')).kind, 'invalid');
  const long = Buffer.from('464c560105ffffffff', 'hex');
  assert.equal(parseFileHeader(long).kind, 'invalid');
  const reader = new FlvReader();
  reader.push(Buffer.from('no flv at all'));
  assert.equal(reader.next().kind, 'invalid');
});
