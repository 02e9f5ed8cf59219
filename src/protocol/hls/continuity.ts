import type { MediaPlaylist, Segment } from './playlist.js';

/**
 * What one stream's viewers have been told, whichever children it lived on. Plain values; its size is
 * that of one playlist.
 */
export interface Continuity {
  /** What is shown now. */
  readonly shown: MediaPlaylist;
  /** Who wrote the newest segment. */
  readonly writer: string;
  /** The newest segment's number in that writer's own count. */
  readonly writerSequence: number;
  /** How many of those shown are from this count of this writer: the newest ones. */
  readonly own: number;
  /** By writer, the last segment taken from it: what it lists up to there is old. */
  readonly taken: ReadonlyMap<string, string>;
}

/** Writers whose last segment is remembered, for a stream that comes back to one of them. */
const MAX_WRITERS = 8;

/**
 * Takes a child's playlist in. Numbers go on from what was shown, and the first segment of another
 * writer, or of one that counts from 0 again, is marked as discontinuous; what was shown before it
 * stays listed until `windowSeconds` of newer media follow. Answers `state` when nothing is new.
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

/** Where in the list the newest segment is that was taken already; -1: nowhere. */
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

/** Nobody asked for longer than the window: the writer has gone on counting, and so do we. */
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
 * How many of the oldest are no longer listed: all that come before what the writer itself still
 * lists; while it has dropped nothing yet, those with a whole window behind them.
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

/** The next list: `all` without the first `dropped`. */
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
