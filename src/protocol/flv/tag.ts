import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** An FLV tag. Tag types equal RTMP's message types: 8 audio, 9 video, 18 script data. */
export interface RawTag {
  readonly typeId: number;
  /** Milliseconds, 32 bits. */
  readonly timestamp: number;
  /** A view of the parsed bytes. */
  readonly payload: Buffer;
  /** The whole tag with the back pointer behind it; a view of the parsed bytes. */
  readonly bytes: Buffer;
}

export const FlvTagType = { audio: 8, video: 9, script: 18 } as const;

const SIGNATURE = 'FLV';
const FILE_HEADER_SIZE = 9;
/** Longest file header in bytes: its size is a number in it. */
const MAX_FILE_HEADER = 64;
const TAG_HEADER_SIZE = 11;
/** Bytes of the previous tag's size, which follows the header and each tag. */
export const BACK_POINTER_SIZE = 4;

/** Parses the file header (Adobe FLV 10.1, §E.2), behind which the first back pointer stands. */
export function parseFileHeader(bytes: Buffer): Parsed<Buffer> {
  if (bytes.length < FILE_HEADER_SIZE) return INCOMPLETE;
  if (bytes.toString('latin1', 0, 3) !== SIGNATURE) return invalid('no FLV signature');
  const size = bytes.readUInt32BE(5);
  if (size < FILE_HEADER_SIZE || size > MAX_FILE_HEADER) return invalid('bad FLV header size');
  return bytes.length < size ? INCOMPLETE : value(bytes.subarray(0, size), size);
}

/** Returns the bytes of the tag that begins here, back pointer included; null: not yet known. */
export function tagSize(bytes: Buffer): number | null {
  if (bytes.length < TAG_HEADER_SIZE) return null;
  return TAG_HEADER_SIZE + bytes.readUIntBE(1, 3) + BACK_POINTER_SIZE;
}

/** Parses one tag (§E.4.1). Tags have no sync mark, so a malformed one cannot be told. */
export function parseTag(bytes: Buffer): Parsed<RawTag> {
  const end = tagSize(bytes);
  if (end === null || end > bytes.length) return INCOMPLETE;
  const tag = {
    typeId: bytes.readUInt8(0) & 0x1f,
    timestamp: bytes.readUIntBE(4, 3) + bytes.readUInt8(7) * 0x1000000,
    payload: bytes.subarray(TAG_HEADER_SIZE, end - BACK_POINTER_SIZE),
    bytes: bytes.subarray(0, end),
  };
  return value(tag, end);
}

/** Returns a copy of a whole tag with another timestamp, in milliseconds. */
export function withTimestamp(tag: Buffer, timestamp: number): Buffer {
  const copy = Buffer.from(tag);
  copy.writeUIntBE(timestamp & 0xffffff, 4, 3);
  copy[7] = timestamp >>> 24;
  return copy;
}
