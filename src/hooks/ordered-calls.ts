/** Most tasks waiting for one key. */
const MAX_WAITING = 64;

interface Turn {
  tail: Promise<void>;
  waiting: number;
}

/** Runs the tasks of each key in order; different keys are independent. */
export class OrderedCalls {
  readonly #turns = new Map<string, Turn>();

  /** Returns false, without running the task, if too many wait. `work` must not reject. */
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

  /** Resolves when no task of this key is left, or when the signal aborts. */
  async idle(key: string, signal: AbortSignal): Promise<void> {
    const turn = this.#turns.get(key);
    if (turn === undefined || signal.aborted) return;
    const left = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([turn.tail, left]);
  }
}
