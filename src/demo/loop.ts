import { type FlvTag, FlvTagType, isSequenceHeader } from './flv.js';

/** A clip taken apart for publishing over and over. */
export interface Clip {
  /** Metadata and codec setup, sent once a connection. */
  readonly headers: readonly FlvTag[];
  /** Frames in the order of the file. */
  readonly frames: readonly FlvTag[];
}

export function splitClip(tags: readonly FlvTag[]): Clip {
  const isHeader = (tag: FlvTag) => tag.typeId === FlvTagType.script || isSequenceHeader(tag);
  return { headers: tags.filter(isHeader), frames: tags.filter((tag) => !isHeader(tag)) };
}

/** The frames without end: timestamps begin at 0 and run on over the seam. */
export function* repeat(frames: readonly FlvTag[]): Generator<FlvTag> {
  const first = frames[0];
  if (!first) return;
  const period = Math.max(lengthOf(frames, FlvTagType.audio), lengthOf(frames, FlvTagType.video));
  for (let shift = -first.timestamp; ; shift += period) {
    for (const frame of frames) yield { ...frame, timestamp: frame.timestamp + shift };
  }
}

/** Milliseconds from a kind's first frame to where the next would follow its last; 1 at least. */
function lengthOf(frames: readonly FlvTag[], typeId: number): number {
  const times = frames.filter((frame) => frame.typeId === typeId).map((frame) => frame.timestamp);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return Math.max(1, Math.ceil(span + span / Math.max(1, times.length - 1)));
}
