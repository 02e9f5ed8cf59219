/** Milliseconds between two publishers, and in place of a jump. */
const STEP_MS = 10;
/** Most milliseconds by which interleaved audio and video go back. */
const MAX_BACK_MS = 250;
/** A longer gap in milliseconds means that the publisher's clock was set. */
const MAX_AHEAD_MS = 30_000;

/**
 * Maps the timestamps of successive publishers to one timeline that starts at 0 and does not jump
 * when a publisher returns or sets its clock, so that players continue without interruption.
 */
export class Timeline {
  #input = 0;
  #output = 0;
  #highest = -STEP_MS;
  #fresh = true;

  /** Notes that the next timestamp is the first of another publisher. */
  restart(): void {
    this.#fresh = true;
  }

  /** The time of the last message; 0 before the first. */
  get now(): number {
    return Math.max(0, this.#output) >>> 0;
  }

  /** Returns milliseconds on the timeline, 32 bits, wrapping as the input does. */
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
