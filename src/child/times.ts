import type { Limits } from './verdict.js';

/** In milliseconds, except `misses`. */
export interface ProbeTimes extends Limits {
  /** A child that is not ready by then and not at work is late. */
  readonly startLimit: number;
  /** Between two probes of a child that sends no heartbeats. */
  readonly aliveEvery: number;
  /** Between two probes of a child whose heartbeats come in time. */
  readonly roundEvery: number;
  /** Between two heartbeats of a child, in whole seconds. */
  readonly beatEvery: number;
  /** Lateness of a heartbeat from which on the child is probed. */
  readonly beatSlack: number;
  /** Time limit of one probe; longer for a child that is busy. */
  readonly timeLimit: number;
}

/**
 * Defaults: a hung child is given up 4 to 7 s after it fell silent. `timeLimit`: the kernel
 * repeats a lost SYN after 1 s. `spinCpu`: SRS needs 5-9 ms per new client, so 30 s are thousands
 * of clients.
 */
export const PROBE_TIMES: ProbeTimes = {
  startLimit: 30_000,
  aliveEvery: 2_000,
  roundEvery: 15_000,
  beatEvery: 9_000,
  beatSlack: 1_000,
  timeLimit: 1_300,
  misses: 3,
  deafLimit: 30_000,
  spinLimit: 60_000,
  spinCpu: 30_000,
};
