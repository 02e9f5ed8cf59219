/**
 * Runs `late` once if `work` has not settled within `ms` milliseconds; the caller makes `late` end
 * the work. Resolves or rejects as `work` does.
 */
export async function within<T>(ms: number, late: () => void, work: Promise<T>): Promise<T> {
  const timer = setTimeout(late, ms);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when `work` has resolved, or after `ms` milliseconds. `work` must not reject. */
export function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    void within(ms, resolve, work).then(() => resolve());
  });
}
