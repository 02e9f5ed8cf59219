import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { takePlace } from '../../child-access/places.js';
import type { Address } from '../../config/config.js';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import type { OwnerRef } from '../../owner.js';
import { hostName } from '../../protocol/http/target.js';
import {
  buildAnswer,
  type PeerHello,
  type PeerWanted,
  parseHello,
} from '../../protocol/peer/hello.js';
import type { RelayEngine } from '../../relay/relay.js';
import { Admission } from '../admission.js';
import type { AliasBook } from '../aliases.js';
import type { ConnectionLimits } from '../budget.js';
import { ClientListener } from '../client-listener.js';
import type { Connection } from '../connection.js';
import { dialAsClient } from '../dial-as-client.js';
import { dialAsFeed } from '../dial-for-feed.js';
import type { Gate } from '../gate.js';
import type { HeldHooks, HookClient } from '../held-hooks.js';
import { readParsed } from '../read-until.js';
import type { Route } from '../route.js';
import { failureOf, SessionError } from '../session-error.js';
import { closePort, openPort } from '../tcp-port.js';
import { within } from '../within.js';
import { Nonces } from './nonces.js';

export interface PeerOptions {
  readonly address: Address;
  readonly secret: string;
  readonly limits: ConnectionLimits;
  /** Returns the route to that generation of a child; null if the client cannot have it. */
  readonly admit: (child: OwnerRef, wanted: PeerWanted | null) => Promise<Route | null>;
  /** Answers another box's question. */
  readonly answer: (question: string) => Promise<string>;
  readonly gate: Gate;
  readonly engine: RelayEngine;
  readonly aliases: AliasBook;
  /** The user's hooks, for clients that another box has asked them about. */
  readonly hooks: Pick<HeldHooks, 'adopt'>;
  readonly logger: Logger;
}

/** A client that another box has sent. */
interface PeerRequest {
  readonly peer: Socket;
  readonly hello: PeerHello;
  /** To the requested child. */
  readonly route: Route;
}

/** Takes a place in the child. A client of a stream has one already, by its route. */
async function takePlaceFor(
  { signal }: Connection,
  { hello: { wanted, service }, route: { host, ports } }: PeerRequest,
): Promise<() => void> {
  return wanted === null ? takePlace('peer', { host, port: ports[service] }, signal) : () => {};
}

const HELLO_MS = 5000;
/** Most milliseconds to send an answer. */
const ANSWER_MS = 5000;
const IDLE_MS = 60 * 60 * 1000;

/**
 * The port on which other boxes reach our children. Each connection begins with a hello, signed
 * with the boxes' shared secret, that names the child and the client, or a question. It is relayed
 * to that child only, so there are no loops.
 */
export class PeerListener extends ClientListener {
  readonly #options: PeerOptions;
  readonly #server: Server;
  readonly #admission: Admission;
  readonly #nonces = new Nonces();

  constructor(options: PeerOptions) {
    const { limits, aliases, logger } = options;
    super({ limits, aliases, notServed: 'peer refused', logger });
    this.#options = options;
    const { connections, counters } = this;
    this.#admission = new Admission({ connections, counters, proxies: null, logger });
    const sockets = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    this.#server = createServer(sockets, (socket) => void this.#accept(socket));
  }

  start(): Promise<void> {
    const { address, logger } = this.#options;
    return openPort(this.#server, 'listen.peer', address, logger);
  }

  address(): AddressInfo | null {
    return this.#server.address() as AddressInfo | null;
  }

  override async close(): Promise<void> {
    const closed = closePort(this.#server);
    await super.close();
    await closed;
  }

  async #accept(peer: Socket): Promise<void> {
    const connection = await this.#admission.admit(peer);
    if (connection === null) return;
    const work = () => this.#serve(peer, connection);
    await this.serve(connection, work, () => peer.destroySoon());
  }

  async #serve(peer: Socket, connection: Connection): Promise<void> {
    const hello = await this.#readHello(peer, connection);
    connection.settle();
    this.connections.vouch(connection);
    if (hello.question !== undefined) return this.#answer(peer, connection, hello);
    const route = await this.#admit(peer, connection, hello);
    connection.assigned(route.owner);
    if (!hello.wanted?.isFeed) connection.comesFrom(hello.client);
    if (hello.wanted !== null) connection.named(hello.wanted.stream, hello.wanted.role);
    try {
      await this.#relay(connection, { peer, hello, route });
    } finally {
      route.release();
    }
  }

  /** Finds the route to the child; tells the other box if there is none. */
  async #admit(peer: Socket, connection: Connection, hello: PeerHello): Promise<Route> {
    const { secret, admit, gate } = this.#options;
    const owner = { id: hello.child, generation: hello.generation };
    try {
      if (hello.wanted !== null) {
        const { stream, role } = hello.wanted;
        await gate.pass(connection, { stream, role, token: null, isSentOn: true });
      }
      const route = await admit(owner, hello.wanted);
      if (route !== null) return route;
      throw new SessionError('no-child', `child ${owner.id} does not have it`);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'no-child') peer.end(buildAnswer('gone', hello, secret));
      if (failure === 'busy') peer.end(buildAnswer('busy', hello, secret));
      if (failure === 'registry') peer.end(buildAnswer('registry', hello, secret));
      throw error;
    }
  }

  /** Answers a question for this box, which is not passed on. */
  async #answer(peer: Socket, { signal }: Connection, hello: PeerHello): Promise<void> {
    addAbortSignal(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]), peer);
    const text = await this.#options.answer(hello.question ?? '');
    peer.write(buildAnswer('welcome', hello, this.#options.secret));
    peer.end(text).resume();
    await once(peer, 'close');
  }

  async #relay(connection: Connection, asked: PeerRequest): Promise<void> {
    const leave = await takePlaceFor(connection, asked);
    const hookClient = this.#adopt(connection, asked);
    try {
      await this.#join(connection, asked);
      await connection.relayed?.ended;
    } finally {
      leave();
      hookClient?.leave({ sent: 0, received: 0 });
    }
  }

  /** Returns null if the user's hooks do not know the client. */
  #adopt(connection: Connection, { hello: { wanted, client } }: PeerRequest): HookClient | null {
    const { aliases, hooks } = this.#options;
    if (wanted?.hookId === undefined) return null;
    const hookClient = hooks.adopt({
      id: wanted.hookId,
      ip: hostName(client),
      stream: wanted.stream,
    });
    const alias = connection.takeAlias(aliases);
    if (alias !== null) hookClient.goesBy(alias);
    return hookClient;
  }

  async #join(connection: Connection, { peer, hello, route }: PeerRequest): Promise<void> {
    const { secret, engine } = this.#options;
    const target = { host: route.host, port: route.ports[hello.service] };
    const dialling = hello.wanted?.isFeed
      ? dialAsFeed(target, connection.signal)
      : dialAsClient(connection, target, this.#options);
    const child = await dialling.catch((error: unknown) => {
      throw new SessionError('child', messageOf(error), { cause: error });
    });
    const toClient = buildAnswer('welcome', hello, secret);
    connection.carriedBy(engine.join({ client: peer, child, toClient, idleMs: IDLE_MS }));
  }

  async #readHello(peer: Socket, connection: Connection): Promise<PeerHello> {
    const refuse = (reason: string) => new SessionError('invalid', reason);
    const parse = (bytes: Buffer) => parseHello(bytes, this.#options.secret);
    const late = () => connection.end(new SessionError('silent', 'no hello in time'));
    const reading = readParsed(peer, parse, connection.signal, refuse);
    const hello = await within(HELLO_MS, late, reading);
    if (this.#nonces.take(hello.nonce, hello.at, Date.now())) return hello;
    throw refuse('hello said twice, or by a clock that is far off');
  }
}
