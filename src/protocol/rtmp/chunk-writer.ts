import { ByteWriter } from './byte-writer.js';
import { EXTENDED_TIME, MAX_HEADER_SIZE } from './chunk-header.js';
import type { RtmpMessage } from './message.js';

/** Encodes a message as one fmt 0 chunk and as many fmt 3 chunks as needed (RTMP 1.0 §5.3.1). */
export function encodeMessage(message: RtmpMessage, chunkSize: number): Buffer {
  return encode(message, chunkSize, 0);
}

/**
 * Encodes a message like the one before it on its chunk stream, with fmt 2; `timestamp` is the time
 * since that one in milliseconds.
 */
export function encodeLater(message: RtmpMessage, chunkSize: number): Buffer {
  return encode(message, chunkSize, 2);
}

function encode(message: RtmpMessage, chunkSize: number, fmt: 0 | 2): Buffer {
  const { csid, timestamp, payload } = message;
  const chunks = Math.ceil(payload.length / chunkSize) + 1;
  const writer = new ByteWriter(payload.length + chunks * MAX_HEADER_SIZE);
  writeBasicHeader(writer, fmt, csid);
  writer.uint24(Math.min(timestamp >>> 0, EXTENDED_TIME));
  if (fmt === 0) writeMessageFields(writer, message);
  writeExtendedTime(writer, timestamp);
  writer.bytes(payload.subarray(0, chunkSize));
  for (let at = chunkSize; at < payload.length; at += chunkSize) {
    writeBasicHeader(writer, 3, csid);
    writeExtendedTime(writer, timestamp);
    writer.bytes(payload.subarray(at, at + chunkSize));
  }
  return writer.written;
}

function writeBasicHeader(writer: ByteWriter, fmt: 0 | 2 | 3, csid: number): void {
  const format = fmt << 6;
  const rest = csid - 64;
  if (rest < 0) {
    writer.uint8(format | csid);
  } else {
    writer.uint8(rest < 256 ? format : format | 1);
    writer.uint8(rest & 0xff);
    if (rest >= 256) writer.uint8(rest >> 8);
  }
}

function writeMessageFields(writer: ByteWriter, message: RtmpMessage): void {
  const { payload, typeId, streamId } = message;
  writer.uint24(payload.length);
  writer.uint8(typeId);
  writer.uint32LE(streamId);
}

/** Writes the extended timestamp, which every chunk carries if three bytes are not enough. */
function writeExtendedTime(writer: ByteWriter, timestamp: number): void {
  if (timestamp >>> 0 >= EXTENDED_TIME) writer.uint32(timestamp >>> 0);
}
