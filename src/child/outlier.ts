/** How a child has served lately. */
export interface Conduct {
  /** Median milliseconds of its last probes; null: too few answers yet. */
  readonly probeMs: number | null;
  /** Our own connections to its RTMP port that failed in a row, after a client's had failed. */
  readonly refusals: number;
  /** Milliseconds for which it has sent nothing to players that it has, of media that it gets. */
  readonly stalledMs: number;
}

/** `slow`: its answers take long. `refuses`: it takes no connections. `stalled`: see `Conduct`. */
type SignKind = 'slow' | 'refuses' | 'stalled';

/** Looks in a row at which each sign was there. */
export type Streaks = Readonly<Record<SignKind, number>>;

export const NO_STREAKS: Streaks = { slow: 0, refuses: 0, stalled: 0 };

/** An answer that takes so long is slow if those of the others take a quarter of it at most. */
const SLOW_MS = 400;
const SLOW_FACTOR = 4;
/** SRS sends what it gets within milliseconds; a stuck network holds up less than all players. */
const STALLED_MS = 10_000;
/** Looks at which two signs together are enough: one alone may be a moment's. */
const LOOKS_OF_TWO = 2;
/**
 * Looks after which one sign alone is enough. `refuses` was seen by a client and by ourselves.
 * `stalled` never is: players may have paused.
 */
const LOOKS_ALONE: Streaks = { slow: 15, refuses: 3, stalled: Number.POSITIVE_INFINITY };

/**
 * Counts this look's signs of a child; `others` returns the median probes of the other children,
 * and is called only if its own is long.
 */
export function countSigns(
  before: Streaks,
  own: Conduct,
  others: () => readonly number[],
): Streaks {
  const { probeMs, refusals, stalledMs } = own;
  const usual = probeMs !== null && probeMs >= SLOW_MS ? medianOf(others()) : null;
  const isSlow = probeMs !== null && usual !== null && probeMs >= SLOW_FACTOR * usual;
  return {
    slow: isSlow ? before.slow + 1 : 0,
    refuses: refusals > 0 ? before.refuses + 1 : 0,
    stalled: stalledMs >= STALLED_MS ? before.stalled + 1 : 0,
  };
}

/** Returns why a child is an outlier; null if it is none. */
export function outlierBy(streaks: Streaks, { probeMs, stalledMs }: Conduct): string | null {
  const texts: Readonly<Record<SignKind, string>> = {
    slow: `its answers take ${Math.round(probeMs ?? 0)} ms, those of others much less`,
    refuses: 'its RTMP port takes no connections',
    stalled: `it has sent nothing for ${Math.round(stalledMs / 1000)} s of media that it gets`,
  };
  const kinds = Object.keys(texts) as SignKind[];
  const isEnough = kinds.some((kind) => streaks[kind] >= LOOKS_ALONE[kind]);
  const lasting = kinds.filter((kind) => streaks[kind] >= LOOKS_OF_TWO);
  if (!isEnough && lasting.length < 2) return null;
  return lasting.map((kind) => texts[kind]).join('; ');
}

/** Returns the middle value, the higher one of two; null of none. */
export function medianOf(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
