import { isSameLife } from '../../owner.js';
import type { Renamed } from '../../protocol/rtmp/stream-watch.js';
import type { Connection } from '../connection.js';
import type { Gate, Wish } from '../gate.js';
import type { Route, Router } from '../route.js';
import type { HeldPlayers } from './held-players.js';
import { wishOf } from './talk.js';

/** An attempt that was made or prepared for a client elsewhere. */
export interface FirstAttempt {
  /** Null: there is no child for the client. */
  readonly route: Route | null;
  /** The reason that the child was not dialled or did not serve; null: it has not been dialled. */
  readonly error: Error | null;
}

interface RouteRules {
  readonly route: Router;
  readonly gate: Gate;
  readonly held?: HeldPlayers;
  readonly vhosts: readonly string[];
}

/** The route of a relayed client, and its next one if that names another stream. */
export class ClientRoute {
  readonly #connection: Connection;
  readonly #context: RouteRules;
  #route: Route | null;
  /** The route to another child; null: not known. */
  #next: Route | null = null;

  constructor(connection: Connection, context: RouteRules, route: Route | null) {
    this.#connection = connection;
    this.#context = context;
    this.#route = route;
  }

  /**
   * Resolves with whether the child of a client that has named another stream has that one, too. If
   * not, `takeNext` returns what was found. Never rejects: errors occur again for whoever serves
   * the client next.
   */
  async renamed({ identified }: Renamed): Promise<boolean> {
    const wish = wishOf(identified, this.#context.vhosts);
    const { stream, role } = wish;
    const found = await this.#find(wish).catch(() => null);
    if (found === null) return false;
    if (this.#route === null || !isSameLife(found.owner, this.#route.owner)) {
      this.#next = found;
      return false;
    }
    this.#route.release();
    this.#route = found;
    this.#connection.named(stream, role);
    return true;
  }

  /** Returns the next route once, which the caller releases. */
  takeNext(): FirstAttempt | null {
    const route = this.#next;
    this.#next = null;
    return route && { route, error: null };
  }

  release(): void {
    this.#route?.release();
    this.#next?.release();
    this.#next = null;
  }

  async #find(wish: Wish): Promise<Route | null> {
    const { gate, held, route } = this.#context;
    const { stream, role } = wish;
    await gate.pass(this.#connection, wish);
    const waits = role === 'play' && (await held?.mustWait(stream));
    return waits ? null : route(stream, role, this.#route?.owner);
  }
}
