import { setTimeout as delay } from 'node:timers/promises';

/** How often it is looked at who is still there. */
const LOOK_MS = 200;

/** Resolves when nobody is left, when the limit has passed, or by the signal. Never rejects. */
export async function drained(
  isEmpty: () => boolean,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!isEmpty() && performance.now() < end && !signal.aborted) {
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}
