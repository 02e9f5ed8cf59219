/** Polling intervals of children, in milliseconds unless named otherwise. */
export interface Pace {
  /** Least time between a child's rounds: SRS takes its own samples every 3 s. */
  readonly everyMs: number;
  /** Time after a request during which rounds go on by themselves. */
  readonly watchMs: number;
  /** Least time between the rounds of a child without streams and clients while somebody asks. */
  readonly idleMs: number;
  /** The same for one that has some while nobody asks. */
  readonly calmMs: number;
  /** Factor on the time between rounds from which on a request waits for the next one. */
  readonly lateFactor: number;
  /** A new child is polled within this time. */
  readonly firstMs: number;
  /** Most rounds per second of all children. */
  readonly roundsPerSecond: number;
  /** Most bytes of answers per second and child, since both sides' cost grows with their length. */
  readonly bytesPerSecond: number;
  /** Between two looks at who is due while nobody asks. */
  readonly tickMs: number;
  /** Greatest age of an answer to a request for one row by id. */
  readonly freshMs: number;
  /** Time until the next try after a failure. */
  readonly retryMs: number;
  /** Longest time between the rounds of a child with very long answers. */
  readonly slowestMs: number;
  /** Time after a change in a child during which earlier snapshots are stale. */
  readonly settleMs: number;
  /** Longest wait of a request for the rounds of stale children. */
  readonly waitMs: number;
  /** Least time between a child's rounds that requests wait for. */
  readonly gapMs: number;
  /** Most rounds per second, of all children, that requests wait for. */
  readonly askedPerSecond: number;
}

/** Most bytes of answers per second and child in rounds that requests wait for. */
const ASKED_BYTES_PER_SECOND = 2_000_000;

export const PACE: Pace = {
  everyMs: 5_000,
  watchMs: 3_000,
  idleMs: 30_000,
  calmMs: 15_000,
  lateFactor: 1.25,
  firstMs: 500,
  roundsPerSecond: 50,
  bytesPerSecond: 30_000,
  tickMs: 5_000,
  freshMs: 1_000,
  retryMs: 1_000,
  slowestMs: 30_000,
  settleMs: 1_500,
  waitMs: 1_000,
  gapMs: 50,
  askedPerSecond: 200,
};

/** Returns the milliseconds from a round of `bytes` to the next one that a request waits for. */
export function nextAsked({ gapMs, slowestMs }: Pace, bytes: number): number {
  return Math.min(Math.max(gapMs, (bytes / ASKED_BYTES_PER_SECOND) * 1000), slowestMs);
}

/** Returns the milliseconds from a round of `bytes` to the next, with so many children. */
export function nextRound(pace: Pace, children: number, bytes: number): number {
  const ofFleet = (children / pace.roundsPerSecond) * 1000;
  const ofBytes = (bytes / pace.bytesPerSecond) * 1000;
  return Math.max(pace.everyMs, ofFleet, Math.min(ofBytes, pace.slowestMs));
}
