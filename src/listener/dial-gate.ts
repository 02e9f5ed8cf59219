import { atMost } from './within.js';

/** Most players let through to one child at a time: enough to keep it busy on any machine. */
const AT_ONCE = 8;

/** One child's gate. */
interface Gate {
  open: number;
  /** Promises that resolve when the current turns end. */
  readonly turns: Set<Promise<void>>;
  /** Waiting players, oldest first. */
  readonly waiting: Set<() => void>;
}

/**
 * Lets players that waited for a stream to their child no faster than it takes them: a child serves
 * its viewers on one core, and thousands may have waited for the same moment.
 */
export class DialGates {
  readonly #gates = new Map<string, Gate>();

  /**
   * Resolves with a function that ends the turn, to be called once. Rejects with the signal's
   * reason.
   */
  async turn(child: string, signal: AbortSignal): Promise<() => void> {
    const gate = this.#gates.get(child) ?? { open: 0, turns: new Set(), waiting: new Set() };
    this.#gates.set(child, gate);
    if (gate.open < AT_ONCE) gate.open += 1;
    else await waitAt(gate, signal);
    return this.#begin(child, gate);
  }

  /** Resolves when the current turns have ended, after `ms` milliseconds at the latest. */
  async settled(child: string, ms: number): Promise<void> {
    const { turns } = this.#gates.get(child) ?? {};
    if (turns === undefined) return;
    await atMost(ms, Promise.all(turns));
  }

  /** Number of children with current turns. */
  get size(): number {
    return this.#gates.size;
  }

  #begin(child: string, gate: Gate): () => void {
    let end = () => {};
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    gate.turns.add(turn);
    return () => {
      end();
      gate.turns.delete(turn);
      this.#next(child, gate);
    };
  }

  #next(child: string, gate: Gate): void {
    const [next] = gate.waiting;
    if (next !== undefined) {
      next();
      return;
    }
    gate.open -= 1;
    if (gate.open === 0) this.#gates.delete(child);
  }
}

/** Resolves when another turn has ended. */
function waitAt(gate: Gate, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
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
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    gate.waiting.add(onTurn);
  });
}
