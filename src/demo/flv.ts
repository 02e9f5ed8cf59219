import { INCOMPLETE, invalid, type Parsed, value } from '../protocol/result.js';

/** An FLV tag. Tag types equal RTMP's message types: 8 audio, 9 video, 18 script data. */
export interface FlvTag {
  readonly typeId: number;
  /** Milliseconds from the start of the file. */
  readonly timestamp: number;
  /** A view of the file's bytes. */
  readonly payload: Buffer;
}

export interface FlvFile {
  readonly tags: readonly FlvTag[];
}

export const FlvTagType = { audio: 8, video: 9, script: 18 } as const;

const SIGNATURE = 'FLV';
const HEADER_SIZE = 9;
const TAG_HEADER_SIZE = 11;
/** Bytes of the previous tag's size, which follows the header and each tag. */
const BACK_POINTER_SIZE = 4;

/** Parses a whole FLV file (Adobe FLV 10.1, annex E). A truncated last tag is incomplete. */
export function parseFlv(file: Buffer): Parsed<FlvFile> {
  if (file.length < HEADER_SIZE) return INCOMPLETE;
  if (file.toString('latin1', 0, 3) !== SIGNATURE) return invalid('no FLV signature');
  const tags: FlvTag[] = [];
  for (let at = file.readUInt32BE(5) + BACK_POINTER_SIZE; at < file.length; ) {
    const tag = parseTag(file, at);
    if (tag.kind !== 'value') return tag;
    tags.push(tag.value);
    at += tag.consumed;
  }
  return value({ tags }, file.length);
}

/** Reports whether a tag is the codec setup of H.264 or AAC, which precedes any frame. */
export function isSequenceHeader({ typeId, payload }: FlvTag): boolean {
  const [first = 0, packetType] = payload;
  if (packetType !== 0) return false;
  return typeId === FlvTagType.video ? (first & 0x0f) === 7 : isAudio(typeId) && first >> 4 === 10;
}

/** Parses one tag. A malformed tag ends the file, since tags have no sync mark. */
function parseTag(file: Buffer, at: number): Parsed<FlvTag> {
  const start = at + TAG_HEADER_SIZE;
  if (start > file.length) return INCOMPLETE;
  const size = file.readUIntBE(at + 1, 3);
  const end = start + size + BACK_POINTER_SIZE;
  if (end > file.length) return INCOMPLETE;
  const tag = {
    typeId: file.readUInt8(at) & 0x1f,
    timestamp: file.readUIntBE(at + 4, 3) + file.readUInt8(at + 7) * 0x1000000,
    payload: file.subarray(start, start + size),
  };
  return value(tag, end - at);
}

function isAudio(typeId: number): boolean {
  return typeId === FlvTagType.audio;
}
