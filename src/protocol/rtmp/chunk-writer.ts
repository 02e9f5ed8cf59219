import { EXTENDED_TIME } from './chunk-header.js';
import type { RtmpMessage } from './message.js';

/** Writes a message as one fmt 0 chunk and as many fmt 3 chunks as it takes (RTMP 1.0 §5.3.1). */
export function encodeMessage(message: RtmpMessage, chunkSize: number): Buffer {
  const { payload } = message;
  const extension = extendedTime(message.timestamp);
  const parts = [basicHeader(0, message.csid), messageHeader(message), extension];
  parts.push(payload.subarray(0, chunkSize));
  const continuation = Buffer.concat([basicHeader(3, message.csid), extension]);
  for (let at = chunkSize; at < payload.length; at += chunkSize) {
    parts.push(continuation, payload.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}

function basicHeader(fmt: 0 | 3, csid: number): Buffer {
  const format = fmt << 6;
  if (csid < 64) return Buffer.of(format | csid);
  const rest = csid - 64;
  if (rest < 256) return Buffer.of(format, rest);
  return Buffer.of(format | 1, rest & 0xff, rest >> 8);
}

function messageHeader({ timestamp, payload, typeId, streamId }: RtmpMessage): Buffer {
  const header = Buffer.alloc(11);
  header.writeUIntBE(Math.min(timestamp >>> 0, EXTENDED_TIME), 0, 3);
  header.writeUIntBE(payload.length, 3, 3);
  header.writeUInt8(typeId, 6);
  header.writeUInt32LE(streamId, 7);
  return header;
}

/** Four more bytes of time in every chunk, where three are not enough. */
function extendedTime(timestamp: number): Buffer {
  if (timestamp >>> 0 < EXTENDED_TIME) return Buffer.alloc(0);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(timestamp >>> 0);
  return bytes;
}
