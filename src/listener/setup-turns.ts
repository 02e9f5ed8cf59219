import { networkOf } from './client-address.js';
import { DialGates } from './dial-gate.js';
import { SessionError } from './session-error.js';

/** Set-ups of one address under way at a time, for each child that serves. */
const EACH_CHILD = 8;
/** Set-ups that an address may always have under way. */
const LEAST = 16;
/** Milliseconds after which a set-up counts no more: it waits for a hook, and not for a CPU. */
const SLICE_MS = 50;
/** Milliseconds between counts of the children that serve. */
const COUNT_MS = 1_000;
/** A client waits no longer for its turn. */
const LIMIT = {
  ms: 10_000,
  error: () => new SessionError('full', 'too many set-ups of its address: no turn within 10 s'),
};

/** A client whose set-up is to begin. */
export interface TurnTaker {
  readonly ip: string;
  readonly signal: AbortSignal;
}

/**
 * Spreads the set-ups of one address (in IPv6: of a network) over time. A set-up costs a child
 * milliseconds of its one core, and all that come after it wait; so no address has more of them
 * under way than the children take at once. The clients of other addresses do not wait for them.
 */
export class SetupTurns {
  readonly #gates = new DialGates((turns) => turns >= LEAST && turns >= this.#most());
  readonly #children: () => number;
  #counted = LEAST;
  #countedAt = Number.NEGATIVE_INFINITY;

  /** `children`: returns the number of children that serve. */
  constructor(children: () => number) {
    this.#children = children;
  }

  /**
   * Resolves when the client's set-up may begin, with a function that ends the turn. Rejects with
   * the signal's reason, and with a SessionError, kind `full`, after 10 s.
   */
  async begin(client: TurnTaker): Promise<() => void> {
    const network = networkOf(client.ip);
    // Making the signal costs more than the turn: it is read only to wait.
    const now = this.#gates.tryTurn(network);
    return sliceOf(now ?? (await this.#gates.turn(network, client.signal, LIMIT)), SLICE_MS);
  }

  /** Counts the children at most once a second: that costs more than a set-up does. */
  #most(): number {
    const now = performance.now();
    if (now - this.#countedAt > COUNT_MS) {
      this.#countedAt = now;
      this.#counted = EACH_CHILD * this.#children();
    }
    return this.#counted;
  }
}

/** Ends a turn after `ms` milliseconds; returns a function that ends it earlier. */
export function sliceOf(end: () => void, ms: number): () => void {
  const slice = setTimeout(end, ms).unref();
  return () => {
    clearTimeout(slice);
    end();
  };
}

/** Runs a set-up in the client's turn. Rejects as `work` does, and as `begin`. */
export async function inTurn<T>(
  turns: SetupTurns | undefined,
  client: TurnTaker,
  work: () => Promise<T>,
): Promise<T> {
  const end = await turns?.begin(client);
  try {
    return await work();
  } finally {
    end?.();
  }
}
