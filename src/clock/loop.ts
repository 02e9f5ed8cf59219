import { EventEmitter } from 'node:events';

/** `stood`: the process did not run for so many milliseconds (at least STOOD_MS), and runs again. */
interface LoopEvents {
  stood: [ms: number];
}

const TICK_MS = 100;
/** SRS throws out a publisher that sends nothing for 5 s; what is shorter than this changes nothing. */
export const STOOD_MS = 3_000;
/** A smaller lateness is any timer's own, and is not kept. */
const NOTED_MS = 20;
/** Late ticks that are remembered: a minute in which every tick is late. */
const MAX_KEPT = 600;

/**
 * Tells how late this thread's event loop was: a machine that was frozen, a stopped process or one
 * that got no CPU cannot say whether others answered in time. All times are milliseconds of
 * performance.now()'s clock.
 */
export class LoopClock extends EventEmitter<LoopEvents> {
  readonly #now: () => number;
  /** Ticks that came late, the oldest first: when they came, and how late that was. */
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

  /** The greatest lateness at any time since `since`, one that has not ended yet included. */
  lateSince(since: number): number {
    const past = this.#late.filter(({ at }) => at >= since).map(({ ms }) => ms);
    return Math.max(0, this.#now() - this.#due, ...past);
  }

  /** Whether the process stood still at any time of the last `ms`. */
  stoodWithin(ms: number): boolean {
    return this.lateSince(this.#now() - ms) >= STOOD_MS;
  }

  /** Notes how late it is. Runs by itself. */
  tick(): void {
    const now = this.#now();
    const ms = now - this.#due;
    this.#due = now + TICK_MS;
    if (ms < NOTED_MS) return;
    this.#late.push({ at: now, ms });
    if (this.#late.length > MAX_KEPT) this.#late.shift();
    if (ms >= STOOD_MS) this.emit('stood', ms);
  }
}
