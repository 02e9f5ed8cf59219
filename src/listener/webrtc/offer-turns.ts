import { DialGates } from '../dial-gate.js';
import type { Route } from '../route.js';
import { sliceOf } from '../setup-turns.js';
import { OfferRefusal } from './refusal.js';

/** Offers that one child answers at the same time. */
const AT_ONCE = 4;
/** Milliseconds after which an offer counts no more: the child waits for a hook, or for a CPU. */
const SLICE_MS = 100;
/** An offer waits no longer for its turn. */
const LIMIT = {
  ms: 10_000,
  error: () => new OfferRefusal(503, 'too many offers: no turn within 10 s', 'full'),
};

/**
 * Gives a child offers no faster than it answers them. For each, a child makes keys and a session,
 * on the core by which it answers everybody: whoever publishes or plays by another protocol would
 * wait for all the offers that have come before.
 */
export class OfferTurns {
  readonly #gates = new DialGates((turns) => turns >= AT_ONCE);

  /**
   * Runs `work` in its turn at the route's child. Rejects as `work` does, with the signal's reason,
   * and with an OfferRefusal, status 503, after 10 s. Other boxes have turns of their own.
   */
  async run<T>(route: Route, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (route.via !== undefined) return work();
    const { id } = route.owner;
    const turn = this.#gates.tryTurn(id) ?? (await this.#gates.turn(id, signal, LIMIT));
    const end = sliceOf(turn, SLICE_MS);
    try {
      return await work();
    } finally {
      end();
    }
  }
}
