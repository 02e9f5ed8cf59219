/** How far the clocks of two boxes may be apart. */
export const WINDOW_MS = 30_000;
/** Hellos within one window; more than that no box makes. */
const MAX = 200_000;

/** Remembers hellos for as long as their time is believed: nobody can say one a second time. */
export class Nonces {
  /** In order of their arrival. */
  readonly #seen = new Map<string, number>();

  /** Whether this is the first time, and the time is right. */
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
      // A clock that is ahead makes hellos that are believed for two windows.
      if (now - since <= 2 * WINDOW_MS) return;
      this.#seen.delete(nonce);
    }
  }
}
