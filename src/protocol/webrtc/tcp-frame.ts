import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

const LENGTH_SIZE = 2;
/** Bytes. No client's STUN request is longer; the format allows 65,535. */
const MAX_FIRST_FRAME = 1024;

/** Parses the first frame of ICE over TCP (RFC 4571): two bytes of length, then a datagram. */
export function parseFirstFrame(bytes: Buffer): Parsed<Buffer> {
  if (bytes.length < LENGTH_SIZE) return INCOMPLETE;
  const length = bytes.readUInt16BE(0);
  if (length > MAX_FIRST_FRAME) return invalid(`first frame of ${length} bytes`);
  const end = LENGTH_SIZE + length;
  if (bytes.length < end) return INCOMPLETE;
  return value(bytes.subarray(LENGTH_SIZE, end), end);
}
