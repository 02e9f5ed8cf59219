/**
 * The room `clock/`: how late our own event loop was, and turns for polls.
 * May import: no other room.
 */

import { EventEmitter } from 'node:events';

/**
 * `stood`: the process did not run for so many milliseconds (at least STOOD_MS) and runs again.
 * `tick`: the loop was so many milliseconds late, ten times a second.
 */
interface LoopEvents {
  tick: [ms: number];
  stood: [ms: number];
}

/** Milliseconds between two looks: by less than that, a lateness may be noted too short. */
const TICK_MS = 200;
/**
 * Milliseconds. SRS closes a publisher after 5 s without data; a shorter standstill changes
 * nothing.
 */
export const STOOD_MS = 3_000;
/** Milliseconds of lateness that any timer may have; less is not recorded. */
const NOTED_MS = 20;
/** Most late ticks recorded: one minute if every tick is late. */
const MAX_KEPT = 300;

/**
 * Measures how late this thread's event loop was. After a standstill (frozen machine, stopped
 * process, no CPU time) we cannot tell whether others answered in time. All times are in
 * milliseconds of performance.now().
 */
export class LoopClock extends EventEmitter<LoopEvents> {
  readonly #now: () => number;
  /** Late ticks, oldest first: their time and lateness. */
  #late: { readonly at: number; readonly ms: number }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #due = Infinity;

  constructor(now: () => number = () => performance.now()) {
    super();
    this.#now = now;
  }

  async start(): Promise<void> {
    this.#due = this.#now() + TICK_MS;
    this.#timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
    this.#due = Infinity;
  }

  /** Returns the greatest lateness since `since`, including one that has not ended. */
  lateSince(since: number): number {
    const past = this.#late.filter(({ at }) => at >= since).map(({ ms }) => ms);
    return Math.max(0, this.#now() - this.#due, ...past);
  }

  /** Reports whether the process stood still within the last `ms`. */
  stoodWithin(ms: number): boolean {
    return this.lateSince(this.#now() - ms) >= STOOD_MS;
  }

  /** Records the lateness. Runs by timer. */
  tick(): void {
    const now = this.#now();
    const ms = now - this.#due;
    this.#due = now + TICK_MS;
    this.emit('tick', ms);
    if (ms < NOTED_MS) return;
    this.#late.push({ at: now, ms });
    if (this.#late.length > MAX_KEPT) this.#late.shift();
    if (ms >= STOOD_MS) this.emit('stood', ms);
  }
}
