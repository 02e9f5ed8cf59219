import { networkOf } from './client-address.js';
import { DialGates } from './dial-gate.js';
import { SessionError } from './session-error.js';

/** Set-ups of one address under way at a time, for each child that serves. */
const EACH_CHILD = 8;
/** Set-ups that an address may always have under way. */
const LEAST = 16;
/** Milliseconds after which a set-up counts no more: it waits for a hook, and not for a CPU. */
const SLICE_MS = 50;
/** Most milliseconds that a client waits for its turn. */
const WAIT_MS = 10_000;

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
  readonly #gates: DialGates;

  /** `children`: returns the number of children that serve. */
  constructor(children: () => number) {
    this.#gates = new DialGates((turns) => turns >= LEAST && turns >= EACH_CHILD * children());
  }

  /**
   * Resolves when the client's set-up may begin, with a function that ends the turn. Rejects with
   * the signal's reason, and with a SessionError, kind `full`, after 10 s.
   */
  async begin(client: TurnTaker): Promise<() => void> {
    const network = networkOf(client.ip);
    // Making the signal costs more than the turn: it is read only to wait.
    const end = this.#gates.tryTurn(network) ?? (await this.#wait(network, client.signal));
    const slice = setTimeout(end, SLICE_MS).unref();
    return () => {
      clearTimeout(slice);
      end();
    };
  }

  #wait(network: string, signal: AbortSignal): Promise<() => void> {
    const late = new AbortController();
    const reason = `too many set-ups of its address: no turn within ${WAIT_MS / 1000} s`;
    const timer = setTimeout(() => late.abort(new SessionError('full', reason)), WAIT_MS).unref();
    const waiting = this.#gates.turn(network, AbortSignal.any([signal, late.signal]));
    return waiting.finally(() => clearTimeout(timer));
  }
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
