import type { Limits } from './verdict.js';

/** Milliseconds, but for `misses`. */
export interface ProbeTimes extends Limits {
  /** A child that is not ready by then, and not at work either, is late. */
  readonly startLimit: number;
  readonly aliveEvery: number;
  /** Of one probe; more for a child that is known to be busy. */
  readonly timeLimit: number;
}

/**
 * A hung child is given up 4 to 6.6 s after it fell silent. `timeLimit`: the kernel repeats a lost SYN
 * after 1 s. `spinCpu`: an SRS spends 5-9 ms on a client that comes, so 30 s are thousands of them.
 */
export const PROBE_TIMES: ProbeTimes = {
  startLimit: 30_000,
  aliveEvery: 2_000,
  timeLimit: 1_300,
  misses: 3,
  deafLimit: 30_000,
  spinLimit: 60_000,
  spinCpu: 30_000,
};
