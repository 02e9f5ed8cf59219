import type { Socket } from 'node:net';
import type { Logger } from '../../logging/logger.js';
import { idHere } from '../../owner.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type { Renamed } from '../../protocol/rtmp/stream-watch.js';
import type { ChildFault } from '../../relay/client-setup.js';
import type { RecalledClient } from '../../relay/client-watch.js';
import { PortablePendingClient } from '../../relay/portable/pending-client.js';
import type { RelayedConnection, RelayPair } from '../../relay/relay.js';
import type { AliasBook } from '../aliases.js';
import type { Connection } from '../connection.js';
import { dialAsClient, targetOf } from '../dial-as-client.js';
import type { Gate } from '../gate.js';
import type { HookClient } from '../held-hooks.js';
import { reachChild } from '../reach-child.js';
import type { Route, Router } from '../route.js';
import { PeerError, SessionError } from '../session-error.js';
import type { SetupTurns } from '../setup-turns.js';
import { ClientRoute, type FirstAttempt } from './client-route.js';
import type { RtmpFanout } from './fanout.js';
import type { HeldPlayers } from './held-players.js';
import { PlayerWait } from './player-wait.js';
import { letPublish } from './publisher-wait.js';
import { Settling } from './settling.js';
import { RtmpSetup, type SetupHost, type SetupRules, type StreamClosed } from './setup.js';
import { wishOf } from './talk.js';

/** Rooms and limits that all sessions of a listener share. */
export interface RtmpSessionContext extends SetupRules {
  readonly route: Router;
  readonly gate: Gate;
  readonly turns?: SetupTurns | undefined;
  /** Takes a client and its child over, connected and level. */
  readonly join: (pair: RelayPair) => RelayedConnection;
  readonly aliases: AliasBook;
  /** The vhosts that the children have; any other name is the default vhost. */
  readonly vhosts: readonly string[];
  /** Serves many players of a stream from one connection to its child; default: none. */
  readonly fanout?: RtmpFanout | null;
  /** The place of players whose stream nobody publishes; default: they wait in a child. */
  readonly held?: HeldPlayers;
  readonly logger: Logger;
}

/** A client that has named its stream, and its first attempt at a child; null: there was none. */
export interface NamedClient {
  readonly identified: Identified;
  readonly first: FirstAttempt | null;
  /** Set for a client that comes from another child. */
  readonly hookClient?: HookClient | null;
}

/** A viewer that has closed its stream, and is to name another one. */
export interface ClosedClient extends Pick<MovedClient, 'hookClient'> {
  readonly closed: StreamClosed;
}

/** A client that was recalled from its child, or from fan-out (`isViewer`). */
export interface MovedClient extends RecalledClient, Pick<NamedClient, 'first'> {
  readonly isViewer: boolean;
  readonly hookClient: HookClient | null;
}

/**
 * One RTMP client on the control thread: a client of this thread's own port, or one that a relay
 * thread has handed back. It runs the client's setup, and adds what a relay thread leaves to it:
 * players that wait, children of other boxes, and further attempts where a child refuses.
 */
export class RtmpSession implements SetupHost<PortablePendingClient> {
  readonly connection: Connection;
  readonly rules: RtmpSessionContext;
  readonly #client: PortablePendingClient;
  readonly #setup: RtmpSetup<PortablePendingClient>;
  #wait: PlayerWait | null = null;
  readonly #over = new Settling<void>();
  #relayed: RelayedConnection | null = null;
  #isViewer = false;
  #route: ClientRoute | null = null;
  /** The result that is awaited of the setup: a stream's name, or a pair that is level. */
  #naming: Settling<Identified> | null = null;
  #levelling: Settling<RelayPair> | null = null;

  constructor(socket: Socket, connection: Connection, context: RtmpSessionContext) {
    this.connection = connection;
    this.rules = context;
    this.#client = new PortablePendingClient(socket, connection, (pair) =>
      this.#levelling?.resolve(pair),
    );
    this.#setup = new RtmpSetup(this.#client, this);
  }

  /**
   * Serves the client to its last byte: from its first one, or from where another thread has
   * brought it. Resolves when its relayed connection has ended, with the client if it is recalled;
   * rejects when that never began.
   */
  async serve(named: NamedClient | ClosedClient | null): Promise<MovedClient | null> {
    this.#wait = this.#newWait(named?.hookClient ?? null);
    let recalled: RecalledClient | null = null;
    try {
      const { rules, connection } = this;
      const route = new ClientRoute(connection, rules, await this.#begin(named));
      this.#route = route;
      if (!this.#isViewer) this.#wait?.served();
      await this.#relayed?.ended;
      recalled = this.#relayed?.recalled ?? null;
      const first = recalled && route.takeNext();
      route.release();
      if (recalled === null) return null;
      const hookClient = this.#wait?.hookClient ?? null;
      return { ...recalled, isViewer: this.#isViewer, first, hookClient };
    } catch (error) {
      // A client that has left while its child was looked for has left, whatever came of that.
      this.connection.signal.throwIfAborted();
      throw error;
    } finally {
      if (recalled === null) this.#wait?.leave();
    }
  }

  /** Closes the client, for that reason; resolves when it is closed. */
  end(error: unknown): Promise<void> {
    this.#setup.end(error);
    return this.#over.promise;
  }

  tick(now: number): void {
    this.#setup.tick(now);
  }

  /** The client has been counted in. */
  admit(): Connection {
    return this.connection;
  }

  named(_setup: unknown, _connection: unknown, identified: Identified): void {
    this.connection.settle();
    this.#naming?.resolve(identified);
  }

  relayed(): void {
    this.connection.onEnd = null;
    this.#over.resolve();
  }

  failed(_setup: unknown, _identified: unknown, fault: ChildFault): void {
    this.#client.hangUp();
    this.#levelling?.reject(asError(fault));
  }

  over(_setup: unknown, error: Error | null): void {
    const reason = error ?? new SessionError('left', 'the client has left');
    this.connection.onEnd = null;
    this.connection.end(reason);
    this.#naming?.reject(reason);
    this.#levelling?.reject(reason);
    this.#over.resolve();
  }

  async #begin(named: NamedClient | ClosedClient | null): Promise<Route> {
    const { identified, first } = await this.#known(named);
    if (first === null && identified.role === 'publish') {
      const { connection, rules } = this;
      const parts = { ...rules, setup: this.#setup, connection };
      return this.#reach(await letPublish(identified, parts), null);
    }
    if (this.#wait === null || first !== null) return this.#reach(identified, first);
    const ready = await this.#wait.settle(identified);
    try {
      const attempt = ready.turn && { route: ready.turn.route, error: null };
      return await this.#reach(ready.identified, attempt);
    } finally {
      ready.turn?.done();
    }
  }

  async #known(named: NamedClient | ClosedClient | null): Promise<NamedClient> {
    if (named === null) return { identified: await this.#identify(), first: null };
    if (!('closed' in named)) {
      this.#resume(named.identified);
      return named;
    }
    named.hookClient?.stop();
    this.#client.meet(this.#setup);
    return { identified: await this.#again(named.closed), first: null };
  }

  async #again(closed: StreamClosed): Promise<Identified> {
    const { connection } = this;
    connection.signal.throwIfAborted();
    this.#naming = new Settling();
    this.#setup.identifyAgain(connection, closed);
    return this.#naming.promise;
  }

  #identify(): Promise<Identified> {
    const { ip, port } = this.connection;
    this.#naming = new Settling();
    this.#setup.enter(ip, port);
    this.#client.meet(this.#setup);
    return this.#naming.promise;
  }

  #resume(identified: Identified): void {
    this.connection.settle();
    this.#setup.resume(this.connection, identified);
    this.#client.meet(this.#setup);
  }

  #newWait(hookClient: HookClient | null): PlayerWait | null {
    const { held: players, fanout = null } = this.rules;
    if (players === undefined) return null;
    const { connection } = this;
    const again = (closed: StreamClosed) => this.#again(closed);
    const parts = { players, fanout, setup: this.#setup, connection, hookClient, again };
    return new PlayerWait({ ...this.rules, ...parts });
  }

  #reach(identified: Identified, first: FirstAttempt | null): Promise<Route> {
    const { connection } = this;
    const wish = wishOf(identified, this.rules.vhosts);
    const { stream, role } = wish;
    connection.named(stream, role);
    let made = first;
    const route = async () => {
      if (made === null) {
        await this.rules.gate.pass(connection, wish);
        return this.rules.route(stream, role);
      }
      if (made.route === null && made.error !== null) throw made.error;
      return made.route;
    };
    const join = async (next: Route) => {
      const error = made?.error ?? null;
      made = null;
      if (error !== null) throw error;
      await this.#join(identified, next);
    };
    // The turn of a first attempt was another one's to wait for.
    const turns = first === null ? this.rules.turns : undefined;
    return reachChild(connection, { route, join, turns }, this.rules.logger);
  }

  async #join(identified: Identified, route: Route): Promise<void> {
    const { connection } = this;
    connection.signal.throwIfAborted();
    if (await this.#view(identified, route)) return;
    this.#wait?.dials(route);
    this.#setup.dials();
    const child = await dialAsClient(connection, targetOf(route, 'rtmp'), this.rules);
    if (connection.isEnding) child.destroy();
    connection.signal.throwIfAborted();
    this.#levelling = new Settling();
    this.#client.reach(child, this.#setup.level(identified));
    const pair = await this.#levelling.promise;
    this.#relayed = this.#joined(pair);
    this.#relayed.onRecall = (about) => this.#renamed(about as Renamed);
    connection.servedBy(route.owner, this.#relayed);
  }

  /** Serves a player by fan-out; false if it is to be relayed. */
  async #view(identified: Identified, route: Route): Promise<boolean> {
    const { connection, rules } = this;
    const { fanout, vhosts } = rules;
    const { stream } = wishOf(identified, vhosts);
    const isAsked = identified.hasStarted && this.#wait?.hookClient;
    if (!isAsked || !fanout?.wants(connection, stream)) return false;
    const player = { stream, identified, client: this.#client };
    const viewer = await fanout.join(route, player, connection.signal);
    if (viewer === null) return false;
    this.relayed();
    this.#isViewer = true;
    this.#relayed = viewer;
    connection.servedBy(route.owner, viewer);
    this.#wait?.carried(idHere(route.owner), viewer);
    return true;
  }

  /** Resolves with whether the client stays with its child. */
  async #renamed(renamed: Renamed): Promise<boolean> {
    const stays = (await this.#route?.renamed(renamed)) ?? false;
    if (!stays) this.#wait?.moves();
    return stays;
  }

  #joined(pair: RelayPair): RelayedConnection {
    try {
      return this.rules.join(pair);
    } catch (error) {
      pair.client.destroy();
      pair.child.destroy();
      throw error;
    }
  }
}

/** The error of a child's connection, by which `reachChild` tells a child that refused. */
export function asError({ code, message }: ChildFault): Error {
  return code === '' ? new PeerError(message) : Object.assign(new Error(message), { code });
}
