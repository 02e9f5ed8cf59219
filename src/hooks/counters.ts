import { Histogram } from '../collections/histogram.js';
import { HOOK_ACTIONS, type HookAction } from './actions.js';

/** Outcome of a child's call. `dropped`: too many calls were waiting for one URL. */
export type HookOutcome = 'ok' | 'refused' | 'failed' | 'dropped';

/** Counters of one action since the start. */
export interface HookCounters {
  readonly calls: number;
  /** A hook server refused, or another child has the stream. */
  readonly refused: number;
  /** A hook server was unreachable, too slow, or gave no valid answer. */
  readonly failed: number;
  readonly dropped: number;
  /** Duration of recent calls in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

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
