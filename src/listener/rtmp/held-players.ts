import type { OwnerRef } from '../../owner.js';
import { isPlainKey, type StreamKey } from '../../stream-key.js';
import { DialGates } from '../dial-gate.js';
import type { HeldHooks } from '../held-hooks.js';
import type { HoldBudget } from '../hold-budget.js';
import type { Route, Router } from '../route.js';
import { SessionError } from '../session-error.js';

/** A publisher waits no longer for those who waited for it. */
const LEAD_MS = 500;

export interface HeldPlayersOptions {
  /** Answers whether it would be known here if somebody published such a stream. */
  readonly knows: (stream: StreamKey) => boolean;
  /** Resolves true once a publisher is on its way or there, false when the signal aborts. */
  readonly whenPublishing: (stream: StreamKey, signal: AbortSignal) => Promise<boolean>;
  readonly route: Router;
  readonly hooks: HeldHooks;
  readonly budget: HoldBudget;
}

/** A player, as far as it can be let through: not while it pauses. */
export interface Waiting {
  readonly isReady: boolean;
  /** Resolves when it is; rejects when it is gone. */
  untilReady(): Promise<void>;
}

/** A player's way to its child, when it is the player's turn. */
export interface Turn {
  /** Null: no child can take it. */
  readonly route: Route | null;
  /** The child has taken the player, or will not: the next one's turn has come. */
  done(): void;
}

/**
 * The place of RTMP players whose stream nobody publishes: they wait here and not in a child, which
 * each of them would cost milliseconds. When the publisher comes they go, in the order of their
 * coming and at the speed that the child takes them.
 */
export class HeldPlayers {
  readonly #options: HeldPlayersOptions;
  readonly #gates = new DialGates();

  constructor(options: HeldPlayersOptions) {
    this.#options = options;
  }

  get hooks(): HeldHooks {
    return this.#options.hooks;
  }

  /** Answers whether a player of the stream has to wait here. */
  async mustWait(stream: StreamKey): Promise<boolean> {
    if (!isPlainKey(stream) || !this.#options.knows(stream)) return false;
    return !(await this.#hasPublisher(stream));
  }

  /** Counts a player in; answers what counts it out. Throws SessionError at a limit. */
  enter(ip: string): () => void {
    const { budget } = this.#options;
    const limit = budget.take(ip);
    if (limit !== null) throw new SessionError(limit, `limits.${limit} players wait for streams`);
    return () => budget.giveBack(ip);
  }

  /** Resolves when a publisher is there and it is the player's turn; rejects by the signal. */
  async turn(stream: StreamKey, player: Waiting, signal: AbortSignal): Promise<Turn> {
    for (;;) {
      await this.#options.whenPublishing(stream, signal);
      await player.untilReady();
      signal.throwIfAborted();
      const turn = await this.#queue(stream, signal);
      let goes = false;
      try {
        // Much may have happened while others had theirs.
        goes = (await this.#hasPublisher(stream)) && player.isReady && !signal.aborted;
      } finally {
        if (!goes) {
          turn.done();
          turn.route?.release();
        }
      }
      if (goes) return turn;
    }
  }

  /**
   * Routes publishers so that the first of those who waited are in the child before: they see all
   * from the first picture on, as they would if they had waited there.
   */
  lead(route: Router): Router {
    return async (stream, role, near) => {
      const found = await route(stream, role, near);
      if (role === 'publish' && found !== null) {
        await this.#gates.settled(gateOf(found.owner), LEAD_MS);
      }
      return found;
    };
  }

  async #queue(stream: StreamKey, signal: AbortSignal): Promise<Turn> {
    const route = await this.#options.route(stream, 'play');
    if (route === null) return { route, done: () => {} };
    try {
      return { route, done: await this.#gates.turn(gateOf(route.owner), signal) };
    } catch (error) {
      route.release();
      throw error;
    }
  }

  #hasPublisher(stream: StreamKey): Promise<boolean> {
    return this.#options.whenPublishing(stream, AbortSignal.abort());
  }
}

/** Children of several boxes have the same ids. */
function gateOf({ id, box = '' }: OwnerRef): string {
  return `${box} ${id}`;
}
