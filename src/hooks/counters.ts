import { z } from 'zod';
import { Histogram } from '../collections/histogram.js';
import { COUNT } from '../fields.js';
import { HOOK_ACTIONS, type HookAction } from './actions.js';

/** Outcome of a child's call. `dropped`: too many calls were waiting for one URL. */
export type HookOutcome = 'ok' | 'refused' | 'failed' | 'dropped';

/** Counters of one action since the start. */
export const HOOK_COUNTERS = z.object({
  calls: COUNT,
  refused: COUNT.describe('a hook server refused, or another child has the stream'),
  failed: COUNT.describe('a hook server was unreachable, too slow, or gave no valid answer'),
  dropped: COUNT.describe('too many calls were waiting for one URL'),
  p50: z.number().describe('median duration of recent calls in milliseconds'),
  p99: z.number().describe('99th percentile of that'),
});
export type HookCounters = Readonly<z.infer<typeof HOOK_COUNTERS>>;

/** Durations kept per action. */
const KEPT = 512;

/** Upper bounds of durations, in seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

class Tally {
  readonly seconds = new Histogram(BOUNDS);
  readonly counts = { calls: 0, refused: 0, failed: 0, dropped: 0 };
  readonly #durations: number[] = [];

  add(outcome: HookOutcome, ms: number): void {
    this.#durations[this.counts.calls % KEPT] = ms;
    this.counts.calls++;
    this.seconds.observe(ms / 1000);
    if (outcome !== 'ok') this.counts[outcome]++;
  }

  read(): HookCounters {
    const sorted = this.#durations.toSorted((a, b) => a - b);
    const at = (part: number) => Math.round(sorted[Math.floor(part * sorted.length)] ?? 0);
    return { ...this.counts, p50: at(0.5), p99: at(0.99) };
  }
}

/** Counts the calls of each action. */
export class HookTallies {
  readonly #tallies = new Map<HookAction, Tally>(HOOK_ACTIONS.map((name) => [name, new Tally()]));

  add(action: HookAction, outcome: HookOutcome, ms: number): void {
    this.#tallies.get(action)?.add(outcome, ms);
  }

  /** Returns the counters of all actions that were called at least once. */
  read(): Partial<Record<HookAction, HookCounters>> {
    const called = [...this.#tallies].filter(([, { counts }]) => counts.calls > 0);
    return Object.fromEntries(called.map(([action, tally]) => [action, tally.read()]));
  }

  /** Returns the durations of all actions that were called at least once, in seconds. */
  durations(): Map<HookAction, Histogram> {
    const called = [...this.#tallies].filter(([, { counts }]) => counts.calls > 0);
    return new Map(called.map(([action, { seconds }]) => [action, seconds]));
  }
}
