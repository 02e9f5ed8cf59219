import {
  BACK_POINTER_SIZE,
  FlvTagType,
  parseFileHeader,
  parseTag,
  type RawTag,
} from '../protocol/flv/tag.js';
import { type Parsed, value } from '../protocol/result.js';

/** An FLV tag of a file: its payload is a view of the file's bytes. */
export type FlvTag = Omit<RawTag, 'bytes'>;

export interface FlvFile {
  readonly tags: readonly FlvTag[];
}

/** Parses a whole FLV file (Adobe FLV 10.1, annex E). A truncated last tag is incomplete. */
export function parseFlv(file: Buffer): Parsed<FlvFile> {
  const header = parseFileHeader(file);
  if (header.kind !== 'value') return header;
  const tags: FlvTag[] = [];
  for (let at = header.consumed + BACK_POINTER_SIZE; at < file.length; ) {
    const tag = parseTag(file.subarray(at));
    if (tag.kind !== 'value') return tag;
    const { typeId, timestamp, payload } = tag.value;
    tags.push({ typeId, timestamp, payload });
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

function isAudio(typeId: number): boolean {
  return typeId === FlvTagType.audio;
}
