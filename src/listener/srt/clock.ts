/** Milliseconds; the same in all threads, where `performance.now` begins anew in each. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
