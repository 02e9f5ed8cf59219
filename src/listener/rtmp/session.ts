import type { Socket } from 'node:net';
import type { Logger } from '../../logging/logger.js';
import type { Identified, RtmpIdentifier, ServerIdentity } from '../../protocol/rtmp/identify.js';
import type { RelayedConnection, RelayPair } from '../../relay/relay.js';
import type { AliasBook } from '../aliases.js';
import type { Connection } from '../connections.js';
import { dialAsClient, targetOf } from '../dial-as-client.js';
import { reachChild } from '../reach-child.js';
import { readUntil } from '../read-until.js';
import type { Route, Router } from '../route.js';
import { SessionError } from '../session-error.js';
import type { Closed } from './held-player.js';
import type { HeldPlayers } from './held-players.js';
import { PlayerWait } from './player-wait.js';
import {
  CHILD_ANSWER_MS,
  ChildAnswers,
  IDLE_MS,
  MAX_UNREAD,
  newIdentifier,
  openingOf,
  streamOf,
} from './talk.js';

/** A client that has closed its stream has so long to name another one, as in SRS. */
const AGAIN_MS = 180_000;

/** What every session of a listener shares. */
export interface RtmpSessionContext {
  readonly route: Router;
  /** Takes a client and its child over, connected and level. */
  readonly join: (pair: RelayPair, connection: Connection, route: Route) => RelayedConnection;
  readonly aliases: AliasBook;
  /** The vhosts that the children have; any other name is the default vhost. */
  readonly vhosts: readonly string[];
  readonly identifyMs: number;
  /** How long a child may take to answer; default: 10 s. */
  readonly childAnswerMs?: number;
  readonly server: Omit<ServerIdentity, 'id'>;
  /** Where players of streams wait that nobody publishes; default: in a child. */
  readonly held?: HeldPlayers;
  readonly logger: Logger;
}

/** What came of a client's first attempt, which somebody else has made. */
interface FirstAttempt {
  /** Where it was sent; null: nowhere. */
  readonly route: Route | null;
  /** The reason that it was not dialled or did not serve; null: it has not been dialled. */
  readonly error: Error | null;
}

/** A client that has said what it wants. */
interface Named {
  readonly identified: Identified;
  /** Null: it has been sent nowhere yet. */
  readonly first: FirstAttempt | null;
}

/**
 * Serves one RTMP client from its first byte to its last: identify, wait where nobody publishes its
 * stream, find the owner, replay, relay. Resolves when the relayed connection has ended; rejects with
 * SessionError when it never began.
 */
export function serveRtmp(
  client: Socket,
  connection: Connection,
  context: RtmpSessionContext,
): Promise<void> {
  const { server, identifyMs } = context;
  const name = async () => {
    const identifier = newIdentifier(server, connection.id);
    const identified = await identify(client, connection, { identifier, limitMs: identifyMs });
    return { identified, first: null };
  };
  return serve(client, connection, name, context);
}

/** The same for a client that has said what it wants, and may have been sent to a child once. */
export function resumeRtmp(
  client: Socket,
  connection: Connection,
  named: Named,
  context: RtmpSessionContext,
): Promise<void> {
  return serve(client, connection, async () => named, context);
}

async function serve(
  client: Socket,
  connection: Connection,
  name: () => Promise<Named>,
  context: RtmpSessionContext,
): Promise<void> {
  const wait = waitFor(client, connection, context);
  try {
    const route = await begin(client, connection, { name, wait }, context);
    wait?.served();
    await connection.relayed?.ended;
    route.release();
  } finally {
    wait?.leave();
  }
}

/** All that comes before the relay; what it holds (the recorded bytes) is gone when it returns. */
async function begin(
  client: Socket,
  connection: Connection,
  { name, wait }: { name: () => Promise<Named>; wait: PlayerWait | null },
  context: RtmpSessionContext,
): Promise<Route> {
  const named = await name();
  if (wait === null || named.first !== null) {
    return reach(client, connection, { ...named, wait }, context);
  }
  const { identified, turn } = await wait.settle(named.identified);
  try {
    const first = turn && { route: turn.route, error: null };
    return await reach(client, connection, { identified, first, wait }, context);
  } finally {
    turn?.done();
  }
}

/** A client on its way to a child. */
interface Coming extends Named {
  /** Null: nobody waits here. */
  readonly wait: PlayerWait | null;
}

function reach(
  client: Socket,
  connection: Connection,
  { identified, first, wait }: Coming,
  context: RtmpSessionContext,
): Promise<Route> {
  const { role } = identified;
  const stream = streamOf(identified, context.vhosts);
  connection.role = role;
  connection.stream = stream;
  connection.settle();
  let made = first;
  return reachChild(
    connection,
    {
      route: async () => {
        if (made === null) return context.route(stream, role);
        if (made.route === null && made.error !== null) throw made.error;
        return made.route;
      },
      join: async (route) => {
        const error = made?.error ?? null;
        made = null;
        if (error !== null) throw error;
        wait?.dials(route);
        await joinChild(client, connection, { identified, route }, context);
      },
    },
    context.logger,
  );
}

function waitFor(
  client: Socket,
  connection: Connection,
  { held: players, aliases, vhosts, server }: RtmpSessionContext,
): PlayerWait | null {
  if (players === undefined) return null;
  const again = async ({ heard, rest }: Closed) => {
    const identifier = newIdentifier(server, connection.id);
    identifier.resume(heard);
    if (rest.length > 0) client.unshift(rest);
    const identified = await identify(client, connection, { identifier, limitMs: AGAIN_MS });
    return { identified, sent: identified.sent };
  };
  return new PlayerWait({ players, aliases, vhosts, client, connection, again });
}

/** Speaks with a client until it names a stream, for so long. */
async function identify(
  client: Socket,
  connection: Connection,
  { identifier, limitMs }: { identifier: RtmpIdentifier; limitMs: number },
): Promise<Identified> {
  const silence = () => new SessionError('silent', `named no stream within ${limitMs} ms`);
  const take = (bytes: Buffer) => {
    const outcome = identifier.feed(bytes);
    const replies = identifier.takeReplies();
    if (replies.length > 0) client.write(replies);
    if (outcome.kind === 'invalid') throw new SessionError('invalid', outcome.reason);
    return outcome.kind === 'value' ? outcome.value : undefined;
  };
  return within(limitMs, connection, silence, readUntil(client, take, connection.signal));
}

async function joinChild(
  client: Socket,
  connection: Connection,
  { identified, route }: { identified: Identified; route: Route },
  context: RtmpSessionContext,
): Promise<void> {
  const silence = () => new SessionError('child', `child ${route.owner.id} does not answer`);
  const replaying = replay(client, connection, { identified, route }, context);
  const answering = whileHere(client, connection, replaying);
  const limit = context.childAnswerMs ?? CHILD_ANSWER_MS;
  const { child, toClient } = await within(limit, connection, silence, answering);
  connection.owner = route.owner;
  const pair = { client, child, toClient, idleMs: IDLE_MS };
  connection.relayed = context.join(pair, connection, route);
}

/** Tells the child in one flight what the client told us, and takes its answers until level. */
async function replay(
  client: Socket,
  connection: Connection,
  { identified, route }: { identified: Identified; route: Route },
  context: RtmpSessionContext,
): Promise<{ child: Socket; toClient: Buffer }> {
  const child = await dialAsClient(connection, targetOf(route, 'rtmp'), context);
  child.on('error', () => {});
  child.write(openingOf(identified));
  try {
    const answers = new Answering(client, child, identified);
    const toClient = await readUntil(child, (bytes) => answers.take(bytes), connection.signal);
    return { child, toClient };
  } catch (error) {
    client.unpipe(child);
    child.destroy();
    throw error;
  }
}

/**
 * Takes a child's answers. `take` answers what the client gets before the raw bytes, once these can
 * follow; until then it hands on what had to be rewritten, both ways.
 */
class Answering {
  readonly #client: Socket;
  readonly #child: Socket;
  readonly #answers: ChildAnswers;
  #rewriting = false;

  constructor(client: Socket, child: Socket, identified: Identified) {
    this.#client = client;
    this.#child = child;
    this.#answers = new ChildAnswers(identified);
  }

  take(bytes: Buffer): Buffer | undefined {
    const { toClient, level } = this.#answers.take(bytes);
    if (!level) return this.#handOn(toClient);
    if (this.#rewriting) this.#client.unpipe(this.#child).pause();
    return toClient;
  }

  #handOn(toClient: Buffer): undefined {
    if (toClient.length === 0) return;
    if (this.#client.writableLength > MAX_UNREAD) {
      throw new SessionError('left', 'the client reads too slowly');
    }
    this.#client.write(toClient);
    if (!this.#rewriting) this.#client.pipe(this.#child);
    this.#rewriting = true;
  }
}

/** Ends the connection with an error when `work` takes longer than `ms`; answers what it answers. */
async function within<T>(
  ms: number,
  connection: Connection,
  tooLong: () => SessionError,
  work: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => connection.end(tooLong()), ms);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the connection when its client is gone before `work` is done; answers what it answers. */
async function whileHere<T>(client: Socket, connection: Connection, work: Promise<T>): Promise<T> {
  const left = () => connection.end(new SessionError('left', 'the client has left'));
  if (client.destroyed) left();
  client.once('close', left);
  try {
    return await work;
  } finally {
    client.off('close', left);
  }
}
