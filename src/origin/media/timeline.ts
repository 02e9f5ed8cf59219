/** The step put between two publishes, and in place of a jump. */
const STEP_MS = 10;
/** Audio and video interleave by less than this. */
const MAX_BACK_MS = 250;
/** A longer pause than this is a publisher whose clock was set, not a slow one. */
const MAX_AHEAD_MS = 30_000;

/**
 * Puts the timestamps of one publisher after another on one line: from 0, and monotonic where a
 * publisher comes back or sets its clock, so that players go on as if nothing had been.
 */
export class Timeline {
  #input = 0;
  #output = 0;
  #highest = -STEP_MS;
  #fresh = true;

  /** The next timestamp is the first of another publisher. */
  restart(): void {
    this.#fresh = true;
  }

  /** The time of the last message; 0 before the first. */
  get now(): number {
    return Math.max(0, this.#output) >>> 0;
  }

  /** Milliseconds on the line, 32 bit and wrapping as the input is. */
  place(timestamp: number): number {
    const delta = (timestamp - this.#input) | 0;
    const jumped = this.#fresh || delta < -MAX_BACK_MS || delta > MAX_AHEAD_MS;
    this.#output = jumped ? this.#highest + STEP_MS : this.#output + delta;
    this.#input = timestamp;
    this.#fresh = false;
    this.#highest = Math.max(this.#highest, this.#output);
    return this.now;
  }
}
