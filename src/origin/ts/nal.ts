/** Contents of a decoder configuration record: parameter sets, and bytes of a NAL's length. */
export interface NalConfig {
  readonly lengthSize: number;
  readonly sets: readonly Buffer[];
}

const START = Buffer.from([0, 0, 0, 1]);
const SHORT_START = Buffer.from([0, 0, 1]);
/** An access unit delimiter that allows every slice type. */
const DELIMITER = { h264: Buffer.from([9, 0xf0]), h265: Buffer.from([0x46, 0x01, 0x50]) };
const SETS = { h264: new Set([7, 8]), h265: new Set([32, 33, 34]) };
const DELIMITER_TYPE = { h264: 9, h265: 35 };

type Video = 'h264' | 'h265';

function nalType(codec: Video, nal: Buffer): number {
  const first = nal[0] ?? 0;
  return codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
}

/**
 * Splits length-prefixed blocks, with a length field of `size` bytes; a truncated block ends the
 * list.
 */
function lengthPrefixed(bytes: Buffer, size: number): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at + size <= bytes.length; ) {
    const end = at + size + bytes.readUIntBE(at, size);
    if (end > bytes.length) break;
    blocks.push(bytes.subarray(at + size, end));
    at = end;
  }
  return blocks;
}

/** Reads `count` parameter sets; `end` is the offset behind them. */
function readSets(bytes: Buffer, at: number, count: number): { sets: Buffer[]; end: number } {
  const sets = lengthPrefixed(bytes.subarray(at), 2).slice(0, count);
  return { sets, end: at + sets.reduce((sum, set) => sum + 2 + set.length, 0) };
}

/** Parses an AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1). */
export function parseAvcConfig(record: Buffer): NalConfig {
  const sps = readSets(record, 6, (record[5] ?? 0) & 0x1f);
  const pps = readSets(record, sps.end + 1, record[sps.end] ?? 0);
  return { lengthSize: ((record[4] ?? 3) & 3) + 1, sets: [...sps.sets, ...pps.sets] };
}

/** Parses an HEVCDecoderConfigurationRecord (ISO 14496-15 §8.3.3.1). */
export function parseHevcConfig(record: Buffer): NalConfig {
  const sets: Buffer[] = [];
  let at = 23;
  for (let arrays = record[22] ?? 0; arrays > 0 && at + 3 <= record.length; arrays--) {
    const found = readSets(record, at + 3, record.readUInt16BE(at + 1));
    sets.push(...found.sets);
    at = found.end;
  }
  return { lengthSize: ((record[21] ?? 3) & 3) + 1, sets };
}

/**
 * Converts an access unit to Annex B: a delimiter, the parameter sets for a keyframe that has none
 * itself, and the NALs of `unit`.
 */
export function toAnnexB(
  codec: Video,
  config: NalConfig,
  { unit, keyframe }: { unit: Buffer; keyframe: boolean },
): Buffer {
  const given = lengthPrefixed(unit, config.lengthSize).filter(
    (nal) => nal.length > 0 && nalType(codec, nal) !== DELIMITER_TYPE[codec],
  );
  const own = given.some((nal) => SETS[codec].has(nalType(codec, nal)));
  const nals = keyframe && !own ? [...config.sets, ...given] : given;
  const parts = nals.flatMap((nal) => [SHORT_START, nal]);
  return Buffer.concat([START, DELIMITER[codec], ...parts]);
}
