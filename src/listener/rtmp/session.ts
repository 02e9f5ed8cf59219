import type { Socket } from 'node:net';
import type { Logger } from '../../logger.js';
import type { Identified, ServerIdentity } from '../../protocol/rtmp/identify.js';
import type { RelayedConnection, RelayPair } from '../../relay/relay.js';
import type { AliasBook } from '../aliases.js';
import type { Connection } from '../connections.js';
import { dialAsClient, targetOf } from '../dial-as-client.js';
import { reachChild } from '../reach-child.js';
import { readUntil } from '../read-until.js';
import type { Route, Router } from '../route.js';
import { SessionError } from '../session-error.js';
import {
  CHILD_ANSWER_MS,
  ChildAnswers,
  IDLE_MS,
  MAX_UNREAD,
  newIdentifier,
  openingOf,
  streamOf,
} from './talk.js';

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
  readonly logger: Logger;
}

/** What came of a client's first attempt, which somebody else has made. */
export interface FirstAttempt {
  /** Where it was sent; null: nowhere. */
  readonly route: Route | null;
  /** Why that did not succeed; null: it has not been dialled. */
  readonly error: Error | null;
}

/**
 * Serves one RTMP client from its first byte to its last: identify, find the owner, replay, relay.
 * Resolves when the relayed connection has ended; rejects with SessionError when it never began.
 */
export async function serveRtmp(
  client: Socket,
  connection: Connection,
  context: RtmpSessionContext,
): Promise<void> {
  await relayed(connection, await begin(client, connection, context));
}

/** The same for a client that has said what it wants, and was sent to a child once. */
export async function resumeRtmp(
  client: Socket,
  connection: Connection,
  { identified, first }: { identified: Identified; first: FirstAttempt },
  context: RtmpSessionContext,
): Promise<void> {
  await relayed(connection, await reach(client, connection, { identified, first }, context));
}

async function relayed(connection: Connection, route: Route): Promise<void> {
  try {
    await connection.relayed?.ended;
  } finally {
    route.release();
  }
}

/** All that comes before the relay; what it holds (the recorded bytes) is gone when it returns. */
async function begin(
  client: Socket,
  connection: Connection,
  context: RtmpSessionContext,
): Promise<Route> {
  const { identifyMs } = context;
  const silence = () => new SessionError('silent', `named no stream within ${identifyMs} ms`);
  const identifying = identify(client, connection, context);
  const identified = await within(identifyMs, connection, silence, identifying);
  return reach(client, connection, { identified, first: null }, context);
}

function reach(
  client: Socket,
  connection: Connection,
  { identified, first }: { identified: Identified; first: FirstAttempt | null },
  context: RtmpSessionContext,
): Promise<Route> {
  const { role } = identified;
  const stream = streamOf(identified, context.vhosts);
  connection.role = role;
  connection.stream = stream;
  let made = first;
  return reachChild(
    connection,
    {
      route: async () => (made ? made.route : context.route(stream, role)),
      join: async (route) => {
        const error = made?.error ?? null;
        made = null;
        if (error !== null) throw error;
        await joinChild(client, connection, { identified, route }, context);
      },
    },
    context.logger,
  );
}

function identify(
  client: Socket,
  { id, signal }: Connection,
  { server }: RtmpSessionContext,
): Promise<Identified> {
  const identifier = newIdentifier(server, id);
  const take = (bytes: Buffer) => {
    const outcome = identifier.feed(bytes);
    const replies = identifier.takeReplies();
    if (replies.length > 0) client.write(replies);
    if (outcome.kind === 'invalid') throw new SessionError('invalid', outcome.reason);
    return outcome.kind === 'value' ? outcome.value : undefined;
  };
  return readUntil(client, take, signal);
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
