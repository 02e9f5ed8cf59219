import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between looks. */
const LOOK_MS = 200;

/** Resolves when `isEmpty` returns true, after `limitMs`, or on the signal. Never rejects. */
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
