import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

const LENGTH_SIZE = 2;
/** No STUN request of a client is longer; a frame may have up to 65,535 bytes. */
const MAX_FIRST_FRAME = 1024;

/** Reads the first frame of ICE over TCP (RFC 4571): two bytes of length, then what UDP would carry. */
export function parseFirstFrame(bytes: Buffer): Parsed<Buffer> {
  if (bytes.length < LENGTH_SIZE) return INCOMPLETE;
  const length = bytes.readUInt16BE(0);
  if (length > MAX_FIRST_FRAME) return invalid(`first frame of ${length} bytes`);
  const end = LENGTH_SIZE + length;
  if (bytes.length < end) return INCOMPLETE;
  return value(bytes.subarray(LENGTH_SIZE, end), end);
}
