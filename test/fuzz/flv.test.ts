/** Mutated HTTP-FLV of a child into what divides it for fan-out: no bytes made up, none kept. */
import assert from 'node:assert/strict';
import { makeFeedReader } from '../../src/listener/http/flv-feed.js';
import { httpChunk, LAST_CHUNK } from '../../src/protocol/http/chunks.js';
import {
  audioFrame,
  audioHeader,
  FLV_HEADER,
  interFrame,
  keyframe,
  METADATA,
  videoHeader,
} from '../helpers/flv-bytes.js';
import { fuzz } from '../helpers/fuzz.js';

const TAGS = [METADATA, audioHeader(), videoHeader(), keyframe(0), audioFrame(9), interFrame(40)];
const SEEDS = [
  Buffer.concat([httpChunk([FLV_HEADER]), ...TAGS.map((tag) => httpChunk([tag])), LAST_CHUNK]),
  Buffer.concat([httpChunk([FLV_HEADER, ...TAGS]), httpChunk([keyframe(80), audioFrame(90)])]),
];

/** Reads to the end in pieces of one size; returns all pieces, and what was thrown. */
function readAll(bytes: Buffer, size: number): { text: string; error: string } {
  const reader = makeFeedReader({ isChunked: true });
  const read: Buffer[] = [];
  try {
    for (let at = 0; at < bytes.length; at += size) {
      const pieces = reader.read(bytes.subarray(at, at + size));
      for (const piece of pieces) read.push(piece.bytes);
    }
  } catch (error) {
    return { text: '', error: String(error) };
  }
  return { text: Buffer.concat(read).toString('hex'), error: '' };
}

fuzz('the reader of feeds', SEEDS, (bytes) => {
  const whole = readAll(bytes, 4096);
  assert.deepEqual(readAll(bytes, 7), whole);
  assert.ok(whole.text.length <= 2 * bytes.length + 2 * 16 * (1 + bytes.length / 15));
});
