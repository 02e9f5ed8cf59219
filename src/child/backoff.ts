/**
 * Milliseconds after which a ready process counts as sound: the next failure is a first one again.
 */
export const STABLE_MS = 10_000;

const FIRST_MS = 100;
const SECOND_MS = 500;
const CAP_MS = 30_000;

/** Returns the failures in a row, this one included, of a process that was ready for `readyMs`. */
export function countFailure(before: number, readyMs: number): number {
  return readyMs >= STABLE_MS ? 1 : before + 1;
}

/**
 * Returns the milliseconds before the next start, at most 30 s. The first restart is almost
 * immediate: streams wait for it. `jitter` (0 to 1) spreads children that fail at the same time.
 */
export function restartDelay(failures: number, jitter: number): number {
  if (failures <= 1) return FIRST_MS * (0.5 + jitter);
  const delay = Math.min(CAP_MS, SECOND_MS * 2 ** Math.min(failures - 2, 16));
  return delay * (0.5 + jitter / 2);
}
