import { atMost } from './within.js';

/** Most milliseconds of a wait, and the error after them. */
interface WaitLimit {
  readonly ms: number;
  readonly error: () => Error;
}

/** Most players let through to one child at a time: enough to keep it busy on any machine. */
const AT_ONCE = 8;

interface Gate {
  open: number;
  /** Promises that resolve when the current turns end. */
  readonly turns: Set<Promise<void>>;
  /** Waiting clients, oldest first. */
  readonly waiting: Set<() => void>;
}

/**
 * Lets clients through in turns, a bounded number at a time for each key. By child, players that
 * waited for a stream reach it no faster than it takes them: a child serves its viewers on one
 * core, and thousands may have waited for the same moment.
 */
export class DialGates {
  readonly #gates = new Map<string, Gate>();
  readonly #isFull: (turns: number) => boolean;

  /** `isFull`: returns whether a key has as many turns as it may have; default: from 8 on. */
  constructor(isFull = (turns: number) => turns >= AT_ONCE) {
    this.#isFull = isFull;
  }

  /**
   * Resolves with a function that ends the turn. Rejects with the signal's reason, and
   * with the limit's error.
   */
  async turn(
    key: string,
    signal: AbortSignal,
    limit: WaitLimit | null = null,
  ): Promise<() => void> {
    const end = this.tryTurn(key);
    if (end !== null) return end;
    const gate = this.#gateOf(key);
    await waitAt(gate, signal, limit);
    return this.#begin(key, gate);
  }

  /** Begins a turn; null if it would have to be waited for. */
  tryTurn(key: string): (() => void) | null {
    const gate = this.#gateOf(key);
    if (this.#isFull(gate.open)) return null;
    gate.open += 1;
    return this.#begin(key, gate);
  }

  /** Resolves when the current turns have ended, after `ms` milliseconds at the latest. */
  async settled(key: string, ms: number): Promise<void> {
    const { turns } = this.#gates.get(key) ?? {};
    if (turns === undefined) return;
    await atMost(ms, Promise.all(turns));
  }

  #gateOf(key: string): Gate {
    const gate = this.#gates.get(key) ?? { open: 0, turns: new Set(), waiting: new Set() };
    this.#gates.set(key, gate);
    return gate;
  }

  #begin(key: string, gate: Gate): () => void {
    let end = () => {};
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    gate.turns.add(turn);
    return () => {
      if (!gate.turns.delete(turn)) return;
      end();
      this.#next(key, gate);
    };
  }

  #next(key: string, gate: Gate): void {
    const [next] = gate.waiting;
    if (next !== undefined) {
      next();
      return;
    }
    gate.open -= 1;
    if (gate.open === 0) this.#gates.delete(key);
  }
}

/** Resolves when another turn has ended. */
function waitAt(gate: Gate, signal: AbortSignal, limit: WaitLimit | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const onLate = () => {
      settle();
      reject(limit?.error());
    };
    const timer = limit === null ? undefined : setTimeout(onLate, limit.ms).unref();
    const settle = () => {
      clearTimeout(timer);
      gate.waiting.delete(onTurn);
      signal.removeEventListener('abort', onAbort);
    };
    const onTurn = () => {
      settle();
      resolve();
    };
    const onAbort = () => {
      settle();
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    gate.waiting.add(onTurn);
  });
}
