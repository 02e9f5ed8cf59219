import { setTimeout as delay } from 'node:timers/promises';

/** Generous: the machine may be building something else beside the tests. */
const LIMIT_MS = 30_000;

/**
 * Waits until `condition` answers something truthy and answers that; throws with `what` when it
 * does not come about in time.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = LIMIT_MS,
): Promise<NonNullable<T>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer as NonNullable<T>;
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await delay(20);
  }
}
