/**
 * Gives items to `work` in their order, `width` at the same time. Once a call has returned false
 * or rejected, or `goesOn` returns false, no further item is begun. Resolves to those that were not
 * begun when all begun ones are over; rejects with the first error.
 */
export async function inTurns<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<boolean>,
  goesOn: () => boolean = () => true,
): Promise<T[]> {
  const waiting = [...items].reverse();
  let isOver = false;
  const take = async () => {
    while (!isOver && goesOn()) {
      const item = waiting.pop();
      if (item === undefined) return;
      const isFine = await work(item).catch((error: unknown) => {
        isOver = true;
        throw error;
      });
      isOver ||= !isFine;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: width }, take));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return waiting.reverse();
}
