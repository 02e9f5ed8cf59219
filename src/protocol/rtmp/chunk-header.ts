import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** 0: full header; 1: no stream id; 2: timestamp delta only; 3: no header (RTMP 1.0 §5.3.1.2). */
export type ChunkFormat = 0 | 1 | 2 | 3;

export interface BasicHeader {
  readonly fmt: ChunkFormat;
  readonly csid: number;
}

/** A chunk stream's last message header, to which its later headers refer. */
export interface MessageHeader {
  /** Milliseconds: absolute in fmt 0, else a delta. The extended timestamp if there is one. */
  readonly time: number;
  /** An extended timestamp follows (4 bytes), which fmt 3 headers repeat. */
  readonly extended: boolean;
  readonly length: number;
  readonly typeId: number;
  readonly streamId: number;
}

/** Bytes of the longest header: basic 3, message 11, extended timestamp 4. */
export const MAX_HEADER_SIZE = 18;

/** At this value the 3-byte field only announces an extended timestamp (§5.3.1.3). */
export const EXTENDED_TIME = 0xffffff;

const MESSAGE_HEADER_SIZE = [11, 7, 3, 0] as const;

const FRESH: MessageHeader = { time: 0, extended: false, length: 0, typeId: 0, streamId: 0 };

/** Parses fmt and chunk stream id in the 1-, 2- or 3-byte form (§5.3.1.1). */
export function parseBasicHeader(bytes: Buffer): Parsed<BasicHeader> {
  const first = bytes[0];
  if (first === undefined) return INCOMPLETE;
  const fmt = (first >> 6) as ChunkFormat;
  const id = first & 0x3f;
  if (id >= 2) return value({ fmt, csid: id }, 1);
  const size = id + 2;
  if (bytes.length < size) return INCOMPLETE;
  return value({ fmt, csid: 64 + bytes.readUIntLE(1, id === 0 ? 1 : 2) }, size);
}

/**
 * Parses the message header that follows the basic header at `at`. Fields that it omits come from
 * `last`, the chunk stream's previous header.
 */
export function parseMessageHeader(
  bytes: Buffer,
  at: number,
  fmt: ChunkFormat,
  last: MessageHeader | undefined,
): Parsed<MessageHeader> {
  // librtmp sends a ping as fmt 1 on a new chunk stream; no client begins with fmt 2 or 3.
  if (!last && fmt >= 2) return invalid(`chunk stream begins with fmt ${fmt}`);
  const end = at + MESSAGE_HEADER_SIZE[fmt];
  if (bytes.length < end) return INCOMPLETE;
  const header = readFields(bytes, at, fmt, last ?? FRESH);
  if (!header.extended) return value(header, end - at);
  if (bytes.length < end + 4) return INCOMPLETE;
  return value({ ...header, time: bytes.readUInt32BE(end) }, end + 4 - at);
}

function readFields(
  bytes: Buffer,
  at: number,
  fmt: ChunkFormat,
  last: MessageHeader,
): MessageHeader {
  if (fmt === 3) return last;
  const time = bytes.readUIntBE(at, 3);
  return {
    time,
    extended: time === EXTENDED_TIME,
    length: fmt < 2 ? bytes.readUIntBE(at + 3, 3) : last.length,
    typeId: fmt < 2 ? bytes.readUInt8(at + 6) : last.typeId,
    streamId: fmt < 1 ? bytes.readUInt32LE(at + 7) : last.streamId,
  };
}
