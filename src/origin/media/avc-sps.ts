import { BitReader } from './bit-reader.js';

/** Profiles with chroma fields (H.264 §7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const MAX_REF_FRAMES = 255;

export interface Picture {
  readonly width: number;
  readonly height: number;
}

/** Parses the picture size from a sequence parameter set, NAL header included. */
export function parseSps(nal: Buffer): Picture {
  const reader = new BitReader(withoutEscapes(nal.subarray(1)));
  const profile = reader.bits(8);
  reader.bits(16);
  reader.unsigned();
  const chroma = HIGH_PROFILES.has(profile) ? skipHighFields(reader) : 1;
  reader.unsigned();
  skipPictureOrder(reader);
  reader.unsigned();
  reader.bits(1);
  return readSize(reader, chroma);
}

/** Removes the emulation prevention bytes (§7.4.1.1). */
function withoutEscapes(bytes: Buffer): Buffer {
  const kept = bytes.filter(
    (byte, at) => !(byte === 3 && at > 1 && bytes[at - 1] === 0 && bytes[at - 2] === 0),
  );
  return Buffer.from(kept);
}

/** Skips the fields of high profiles and returns chroma_format_idc. */
function skipHighFields(reader: BitReader): number {
  const chroma = reader.unsigned();
  if (chroma === 3) reader.bits(1);
  reader.unsigned();
  reader.unsigned();
  reader.bits(1);
  if (reader.bits(1) === 1) skipScalingLists(reader, chroma === 3 ? 12 : 8);
  return chroma;
}

function skipScalingLists(reader: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (reader.bits(1) === 1) skipScalingList(reader, list < 6 ? 16 : 64);
  }
}

function skipScalingList(reader: BitReader, size: number): void {
  let scale = 8;
  for (let at = 0; at < size && scale !== 0; at++) {
    scale = (scale + reader.signed() + 256) % 256;
  }
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.unsigned();
  if (type === 0) reader.unsigned();
  if (type !== 1) return;
  reader.bits(1);
  reader.signed();
  reader.signed();
  const frames = Math.min(reader.unsigned(), MAX_REF_FRAMES);
  for (let frame = 0; frame < frames; frame++) reader.signed();
}

function readSize(reader: BitReader, chroma: number): Picture {
  const columns = reader.unsigned() + 1;
  const rows = reader.unsigned() + 1;
  const fields = 2 - reader.bits(1);
  if (fields === 2) reader.bits(1);
  reader.bits(1);
  const crop = reader.bits(1) === 1;
  const [left, right, top, bottom] = crop
    ? [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()]
    : [0, 0, 0, 0];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * fields;
  return {
    width: columns * 16 - (left + right) * unitX,
    height: rows * 16 * fields - (top + bottom) * unitY,
  };
}
