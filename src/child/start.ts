import type { Probed } from './probe.js';
import { readSample } from './sample.js';
import type { Watching } from './silence.js';
import type { ProbeTimes } from './times.js';
import { activityOf, BLIND_PATIENCE, isAtWork, ownTrouble, type Sample } from './verdict.js';

/** Most factor on the time limit of a probe: a process that starts slowly answers slowly. */
const MOST_PATIENCE = 8;
/** Number of samples kept, and milliseconds between two. */
const SAMPLES = 4;
const SAMPLE_MS = 1_000;

/** A child before its first answer. */
export class Start {
  readonly #pid: number;
  readonly #times: ProbeTimes;
  readonly #watching: Pick<Watching, 'loop' | 'logger'>;
  #since = performance.now();
  #samples: Sample[] = [];
  #isSlow = false;
  timeLimit: number;

  constructor(pid: number, times: ProbeTimes, watching: Pick<Watching, 'loop' | 'logger'>) {
    this.#pid = pid;
    this.#times = times;
    this.#watching = watching;
    this.timeLimit = times.timeLimit;
  }

  /** Returns why the child is late; null while it is to be waited for. */
  missed(askedAt: number, { ownFaults }: Probed): string | null {
    const { startLimit, timeLimit } = this.#times;
    const lateMs = this.#watching.loop.lateSince(askedAt);
    // Time in which we could not see the child does not count.
    if (ownTrouble({ lateMs, ownFaults }) !== null) this.#since = performance.now();
    this.timeLimit = Math.min(this.timeLimit * 1.5, MOST_PATIENCE * timeLimit);
    this.#look();
    const waited = performance.now() - this.#since;
    return waited < startLimit ? null : this.#judge(waited);
  }

  #look(): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && performance.now() - last.at < SAMPLE_MS) return;
    const sample = readSample(this.#pid);
    if (sample !== null) this.#samples = [...this.#samples, sample].slice(-SAMPLES);
  }

  #judge(waited: number): string | null {
    const { startLimit, spinCpu } = this.#times;
    const activity = activityOf(this.#samples);
    const cpuMs = this.#samples.at(-1)?.cpuMs ?? 0;
    if (activity === null && waited < BLIND_PATIENCE * startLimit) return null;
    const isAtIt = activity !== null && isAtWork(activity) && cpuMs < spinCpu;
    if (!isAtIt) return `not ready within ${startLimit} ms${seen(activity, cpuMs)}`;
    if (!this.#isSlow)
      this.#watching.logger.warn(
        { waited, cpuMs },
        'child starts slowly: it is at work and is waited for',
      );
    this.#isSlow = true;
    return null;
  }
}

/** Formats `, asleep, after 40 ms of CPU`. */
function seen(activity: { readonly state: string } | null, cpuMs: number): string {
  return activity === null ? '' : `, ${activity.state}, after ${cpuMs} ms of CPU`;
}
