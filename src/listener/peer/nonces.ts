/** Most milliseconds between the clocks of two boxes. */
export const WINDOW_MS = 30_000;
/** Most hellos in one window; no box makes more. */
const MAX = 200_000;

/** Remembers hellos while their time is accepted, so that none can be replayed. */
export class Nonces {
  /** In order of arrival. */
  readonly #seen = new Map<string, number>();

  /** Returns whether the hello is new and its time acceptable. */
  take(nonce: string, at: number, now: number): boolean {
    this.#forget(now);
    if (Math.abs(now - at) > WINDOW_MS || this.#seen.has(nonce) || this.#seen.size >= MAX) {
      return false;
    }
    this.#seen.set(nonce, now);
    return true;
  }

  #forget(now: number): void {
    for (const [nonce, since] of this.#seen) {
      // Hellos of a clock that is ahead are accepted for two windows.
      if (now - since <= 2 * WINDOW_MS) return;
      this.#seen.delete(nonce);
    }
  }
}
