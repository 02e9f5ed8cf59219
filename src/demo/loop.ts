import { FlvTagType } from '../protocol/flv/tag.js';
import { type FlvTag, isSequenceHeader } from './flv.js';

/** A clip, split for publishing in a loop. */
export interface Clip {
  /** Metadata and codec setup, sent once per connection. */
  readonly headers: readonly FlvTag[];
  /** Frames in file order. */
  readonly frames: readonly FlvTag[];
}

export function splitClip(tags: readonly FlvTag[]): Clip {
  const isHeader = (tag: FlvTag) => tag.typeId === FlvTagType.script || isSequenceHeader(tag);
  return { headers: tags.filter(isHeader), frames: tags.filter((tag) => !isHeader(tag)) };
}

/** Repeats the frames for ever: timestamps begin at 0 and continue across repetitions. */
export function* repeat(frames: readonly FlvTag[]): Generator<FlvTag> {
  const first = frames[0];
  if (!first) return;
  const period = Math.max(lengthOf(frames, FlvTagType.audio), lengthOf(frames, FlvTagType.video));
  for (let shift = -first.timestamp; ; shift += period) {
    for (const frame of frames) yield { ...frame, timestamp: frame.timestamp + shift };
  }
}

/** Returns the milliseconds from the first frame of a type to the end of its last; at least 1. */
function lengthOf(frames: readonly FlvTag[], typeId: number): number {
  const times = frames.filter((frame) => frame.typeId === typeId).map((frame) => frame.timestamp);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return Math.max(1, Math.ceil(span + span / Math.max(1, times.length - 1)));
}
