import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds; generous, because the machine may be busy. */
const LIMIT_MS = 60_000;

/** Options of a `describe`: a condition that never holds must not block the run for ever. */
export const BOUNDED = { timeout: 10 * LIMIT_MS };

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/** Waits until `condition` returns a truthy value, which it returns. Throws `what` on timeout. */
export async function until<T>(
  what: string | (() => string),
  condition: () => T | Promise<T>,
  limitMs = LIMIT_MS,
): Promise<Truthy<T>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer as Truthy<T>;
    if (Date.now() > end) {
      const text = typeof what === 'string' ? what : what();
      throw new Error(`not within ${limitMs} ms: ${text}`);
    }
    await delay(20);
  }
}
