import { setTimeout as delay } from 'node:timers/promises';

/** Generous: the machine may be building something else beside the tests. */
const LIMIT_MS = 60_000;

/** For a `describe`: what never comes about must not hold the run for ever. */
export const BOUNDED = { timeout: 10 * LIMIT_MS };

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/**
 * Waits until `condition` answers something truthy and answers that; throws with `what` when it
 * does not come about in time.
 */
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
