import type { Limits } from './verdict.js';

/** In milliseconds, except `misses`. */
export interface ProbeTimes extends Limits {
  /** A child that is not ready by then and not at work is late. */
  readonly startLimit: number;
  readonly aliveEvery: number;
  /** Time limit of one probe; longer for a child that is busy. */
  readonly timeLimit: number;
}

/**
 * Defaults: a hung child is given up 4 to 6.6 s after it fell silent. `timeLimit`: the kernel
 * repeats a lost SYN after 1 s. `spinCpu`: SRS needs 5-9 ms per new client, so 30 s are thousands
 * of clients.
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
