import type { MediaPlaylist, Segment } from './playlist.js';

/**
 * The state of the playlist that one stream's viewers see, across all children that served the
 * stream. Plain values; the size is that of one playlist.
 */
export interface Continuity {
  /** The playlist as viewers see it now. */
  readonly shown: MediaPlaylist;
  /** Name of the child's life that wrote the newest segment. */
  readonly writer: string;
  /** Media sequence number of the newest segment, in the numbering of `writer`. */
  readonly writerSequence: number;
  /** Number of shown segments, from the newest back, in this numbering of `writer`. */
  readonly own: number;
  /** Last segment's URI taken from each writer: that segment and those before it are not new. */
  readonly taken: ReadonlyMap<string, string>;
}

/** Number of writers whose last segment is remembered, for a stream that returns to one of them. */
const MAX_WRITERS = 8;

/**
 * Merges a child's playlist into the state. Sequence numbers continue from the shown playlist. The
 * first segment of another writer, or of a writer that counts from 0 again, gets an
 * EXT-X-DISCONTINUITY; older segments stay listed until `windowSeconds` of newer media follow.
 * Returns `state` itself if the playlist has no new segment.
 */
export function advance(
  state: Continuity | null,
  list: MediaPlaylist,
  writer: string,
  windowSeconds: number,
): Continuity {
  if (state === null) return { ...written(new Map(), list, writer), shown: list };
  const known = lastKnown(state, list, writer);
  const fresh = list.segments.slice(known + 1);
  if (fresh.length === 0) return state;
  const news = written(state.taken, list, writer);
  const first = list.sequence + known + 1;
  if (known < 0 && state.writer === writer && first > state.writerSequence) {
    return { ...news, shown: skip(state, list, first) };
  }
  const follows = known >= 0 && list.segments[known]?.uri === state.shown.segments.at(-1)?.uri;
  const own = follows && state.writer === writer ? state.own + fresh.length : fresh.length;
  const joined = join(state.shown.segments, fresh, follows);
  const dropped = countOld(joined, own, list, windowSeconds);
  const kept = Math.min(own, joined.length - dropped);
  return { ...news, own: kept, shown: shift(state.shown, list, joined, dropped) };
}

function written(
  taken: ReadonlyMap<string, string>,
  { sequence, segments }: MediaPlaylist,
  writer: string,
): Omit<Continuity, 'shown'> {
  const others = [...taken].filter(([name]) => name !== writer).slice(1 - MAX_WRITERS);
  return {
    writer,
    writerSequence: sequence + segments.length - 1,
    own: segments.length,
    taken: new Map([...others, [writer, segments.at(-1)?.uri ?? '']]),
  };
}

/** Index of the newest segment in `list` that was taken before; -1 if there is none. */
function lastKnown(state: Continuity, list: MediaPlaylist, writer: string): number {
  const known = new Set(state.shown.segments.map(({ uri }) => uri));
  known.add(state.taken.get(writer) ?? '');
  return list.segments.findLastIndex(({ uri }) => known.has(uri));
}

function join(shown: readonly Segment[], fresh: readonly Segment[], follows: boolean): Segment[] {
  const marked = fresh.map((segment, at) =>
    at === 0 && !follows ? { ...segment, discontinuity: true } : segment,
  );
  return [...shown, ...marked];
}

/**
 * Handles a gap: nobody requested the playlist for longer than its window, so some segments of the
 * same writer were never seen. The sequence number advances by the segments missed.
 */
function skip(
  { shown, writerSequence }: Continuity,
  list: MediaPlaylist,
  first: number,
): MediaPlaylist {
  const missed = first - writerSequence - 1;
  return {
    ...list,
    sequence: shown.sequence + shown.segments.length + missed,
    discontinuitySequence: shown.discontinuitySequence + marks(shown.segments),
  };
}

/**
 * Returns the number of oldest segments to drop. If the writer itself has dropped segments, the
 * list is as long as the writer's; until then, segments stay while less than `windowSeconds` of
 * media follow them.
 */
function countOld(
  all: readonly Segment[],
  own: number,
  list: MediaPlaylist,
  windowSeconds: number,
): number {
  const others = all.length - own;
  if (own > list.segments.length) return all.length - list.segments.length;
  let behind = all.reduce((sum, { seconds }) => sum + seconds, 0);
  const firstKept = all.slice(0, others).findIndex(({ seconds }) => {
    behind -= seconds;
    return behind <= windowSeconds;
  });
  return firstKept < 0 ? others : firstKept;
}

/** Builds the next playlist: `all` without its first `dropped` segments. */
function shift(
  shown: MediaPlaylist,
  list: MediaPlaylist,
  all: readonly Segment[],
  dropped: number,
): MediaPlaylist {
  const segments = all.slice(dropped);
  const lengths = segments.map(({ seconds }) => Math.ceil(seconds));
  return {
    ...list,
    segments,
    sequence: shown.sequence + dropped,
    discontinuitySequence: shown.discontinuitySequence + marks(all.slice(0, dropped)),
    targetSeconds: Math.max(list.targetSeconds, ...lengths),
  };
}

function marks(segments: readonly Segment[]): number {
  return segments.filter(({ discontinuity }) => discontinuity).length;
}
