/** Returns the resident memory of this process in bytes; 0 where the system does not tell it. */
export function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    // Linux tells it in /proc, which may not be mounted.
    return 0;
  }
}
