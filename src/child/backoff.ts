/** A process that was ready for so long was sound: the next failure counts as the first again. */
export const STABLE_MS = 10_000;

const FIRST_MS = 100;
const SECOND_MS = 500;
const CAP_MS = 30_000;

/** Failures in a row, this one included, after a process has failed that was ready for so long. */
export function countFailure(before: number, readyMs: number): number {
  return readyMs >= STABLE_MS ? 1 : before + 1;
}

/**
 * Milliseconds to wait before the next start, at most 30 s. The first restart is almost at once:
 * its streams wait for it. `jitter` (0 to 1) keeps children that fell together from rising together.
 */
export function restartDelay(failures: number, jitter: number): number {
  if (failures <= 1) return FIRST_MS * (0.5 + jitter);
  const delay = Math.min(CAP_MS, SECOND_MS * 2 ** Math.min(failures - 2, 16));
  return delay * (0.5 + jitter / 2);
}
