/** How often children are asked, in milliseconds unless the name says otherwise. */
export interface Pace {
  /** From one round of a child to its next, at the least: SRS takes its own samples every 3 s. */
  readonly everyMs: number;
  /** A child that is new is asked within this. */
  readonly firstMs: number;
  /** Rounds of all children together in a second, at the most. */
  readonly roundsPerSecond: number;
  /** Answers of one child in a second, at the most, in bytes: they cost it and us by their length. */
  readonly bytesPerSecond: number;
  /** Who asks for one thing by its id gets an answer at most so old. */
  readonly freshMs: number;
  /** To the next try, when a child has not answered. */
  readonly retryMs: number;
  /** From one round of a child with very long answers to its next, at the most. */
  readonly slowestMs: number;
}

export const PACE: Pace = {
  everyMs: 5_000,
  firstMs: 500,
  roundsPerSecond: 50,
  bytesPerSecond: 30_000,
  freshMs: 1_000,
  retryMs: 1_000,
  slowestMs: 30_000,
};

/** Milliseconds from a round of `bytes` to the next one, where there are so many children. */
export function nextRound(pace: Pace, children: number, bytes: number): number {
  const ofFleet = (children / pace.roundsPerSecond) * 1000;
  const ofBytes = (bytes / pace.bytesPerSecond) * 1000;
  return Math.max(pace.everyMs, ofFleet, Math.min(ofBytes, pace.slowestMs));
}
