/** Work that may wait behind one another for one key. */
const MAX_WAITING = 64;

interface Turn {
  tail: Promise<void>;
  waiting: number;
}

/** Does the work of each key in the order in which it came; keys do not wait for each other. */
export class OrderedCalls {
  readonly #turns = new Map<string, Turn>();

  /** False where too much waits already: that work is not done. `work` must not reject. */
  add(key: string, work: () => Promise<void>): boolean {
    const turn = this.#turns.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    if (turn.waiting >= MAX_WAITING) return false;
    turn.waiting++;
    turn.tail = turn.tail.then(work).then(() => {
      if (--turn.waiting === 0) this.#turns.delete(key);
    });
    this.#turns.set(key, turn);
    return true;
  }

  /** Resolves when nothing of this key is left to do, or when nobody waits for that any more. */
  async idle(key: string, signal: AbortSignal): Promise<void> {
    const turn = this.#turns.get(key);
    if (turn === undefined || signal.aborted) return;
    const left = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([turn.tail, left]);
  }

  get size(): number {
    return this.#turns.size;
  }
}
