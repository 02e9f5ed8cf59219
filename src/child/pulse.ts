import type { ProbeTimes } from './times.js';

/**
 * Why a child is to be probed. `late`: its heartbeat is, or it does not run. `round`: its turn has
 * come. `suspect`: a client could not connect.
 */
type Due = 'late' | 'round' | 'suspect';

export type PulseTimes = Pick<ProbeTimes, 'aliveEvery' | 'beatEvery' | 'beatSlack' | 'roundEvery'>;

/** Answers of a new process that are wanted soon: a child's usual answer is a median of as many. */
const FIRST_ANSWERS = 5;
/** Milliseconds from which on an answer is slow, and the next one is wanted soon. */
const SLOW_MS = 200;
/** A timer may fire so much early, milliseconds. */
const EARLY_MS = 1;
/** Milliseconds until the probe of a child that a client could not reach; further ones share it. */
const SUSPECT_MS = 250;

/**
 * When one process has to be probed. While its heartbeats come in time, that is on a slow round,
 * and else every few seconds.
 */
export class Pulse {
  readonly #times: PulseTimes;
  /** Time of the last heartbeat; null: there was none, or it is too old. */
  #beatAt: number | null = null;
  #isSuspect = false;
  #answers = 0;
  #isSlow = false;
  /** Time from which on the round is due. */
  #roundAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  /** Time at which the timer is to fire. */
  #firesAt = 0;
  /** Ends the wait that is under way. */
  #wake: ((due: Due) => void) | null = null;

  constructor(times: PulseTimes) {
    this.#times = times;
  }

  /** Notes a heartbeat of the process. */
  beat(): void {
    const now = performance.now();
    this.#beatAt = now;
    if (this.#wake === null) return;
    // The child has just woken up by itself, so a probe now costs least.
    if (now >= this.#roundAt) this.#wake('round');
    else if (!this.#isSuspect && this.#isSettled) this.#arm(this.#beatLimit);
  }

  /** Notes that the process has not run for a while: its heartbeat would come too late. */
  still(): void {
    this.#beatAt = null;
    this.#wake?.('late');
  }

  /** Notes that a client could not connect. */
  suspect(): void {
    if (this.#isSuspect) return;
    this.#isSuspect = true;
    if (this.#wake !== null) this.#arm(SUSPECT_MS);
  }

  /** Notes that the process has answered a probe within `ms` milliseconds. */
  answered(ms: number): void {
    this.#answers += 1;
    this.#isSlow = ms >= SLOW_MS;
  }

  /** Resolves when the process has to be probed again. Rejects on abort. */
  due(signal: AbortSignal): Promise<Due> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const end = () => {
        clearTimeout(this.#timer);
        this.#timerMs = 0;
        this.#wake = null;
        signal.removeEventListener('abort', stop);
      };
      const stop = () => {
        end();
        reject(signal.reason);
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#wake = (due) => {
        end();
        this.#isSuspect = false;
        resolve(due);
      };
      this.#begin(performance.now());
    });
  }

  /** Its usual answer is known, and the last one was not slow. */
  get #isSettled(): boolean {
    return this.#answers >= FIRST_ANSWERS && !this.#isSlow;
  }

  get #beatLimit(): number {
    return this.#times.beatEvery + this.#times.beatSlack;
  }

  #begin(now: number): void {
    const { aliveEvery, roundEvery } = this.#times;
    this.#roundAt = now + spread(this.#isSettled ? roundEvery : aliveEvery);
    if (this.#isSuspect) this.#arm(SUSPECT_MS);
    else if (!this.#isSettled) this.#arm(this.#roundAt - now);
    else if (this.#beatAt === null) this.#arm(spread(aliveEvery));
    else this.#arm(Math.max(1, this.#beatAt + this.#beatLimit - now));
  }

  #arm(ms: number): void {
    this.#firesAt = performance.now() + ms;
    if (this.#timerMs === ms) this.#timer?.refresh();
    else {
      clearTimeout(this.#timer);
      this.#timerMs = ms;
      this.#timer = setTimeout(() => this.#fire(), ms);
    }
  }

  /** A timer counts from the beginning of the loop's turn, so it fires early in a long turn. */
  #fire(): void {
    const left = this.#firesAt - performance.now();
    if (left > EARLY_MS) this.#arm(left);
    else this.#wake?.(this.#reason());
  }

  #reason(): Due {
    if (this.#isSuspect) return 'suspect';
    const lateFrom = (this.#beatAt ?? Number.POSITIVE_INFINITY) + this.#beatLimit;
    if (performance.now() < lateFrom - EARLY_MS) return 'round';
    this.#beatAt = null;
    return 'late';
  }
}

/** Returns about `ms`, by chance: that spreads the probes of hundreds of children. */
function spread(ms: number): number {
  return ms * (0.875 + Math.random() / 4);
}
