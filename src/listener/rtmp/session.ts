import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from '../../logger.js';
import {
  buildBlindHello,
  HANDSHAKE_SIZE,
  SERVER_HANDSHAKE_SIZE,
} from '../../protocol/rtmp/handshake.js';
import {
  type Identified,
  RtmpIdentifier,
  type ServerIdentity,
} from '../../protocol/rtmp/identify.js';
import { ChildLeveler } from '../../protocol/rtmp/level.js';
import { resolveVhost } from '../../protocol/rtmp/stream-url.js';
import type { RelayedConnection, RelayPair } from '../../relay/relay.js';
import { type Role, type StreamKey, streamKey } from '../../stream-key.js';
import type { AliasBook } from '../aliases.js';
import type { Connection } from '../connections.js';
import { dialAsClient, targetOf } from '../dial-as-client.js';
import { reachChild } from '../reach-child.js';
import { readUntil } from '../read-until.js';
import type { Route, Router } from '../route.js';
import { SessionError } from '../session-error.js';

/** A child that has answered its probes answers a connection in milliseconds; a hung one never. */
const CHILD_ANSWER_MS = 10_000;
/** A player may wait long for its publisher; a peer that vanished is found by TCP keep-alive. */
const IDLE_MS = 60 * 60 * 1000;
/** No peer of RTMP's handshake looks into these bytes: one draw serves every connection. */
const RANDOM = randomBytes(HANDSHAKE_SIZE);
/** C0, C1 and C2 for a child, sent before its own half has come. */
const HELLO = buildBlindHello(RANDOM);
/** What a client may leave unread while its child's bytes are still being rewritten. */
const MAX_UNREAD = 4 * 1024 * 1024;

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

/** What is known of a client once it has said what it wants. */
interface Wanted {
  readonly identified: Identified;
  readonly role: Role;
  readonly stream: StreamKey;
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
  const route = await begin(client, connection, context);
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
  const { role, url } = identified;
  const vhost = resolveVhost(url.vhost, context.vhosts);
  const stream = streamKey({ vhost, app: url.app, stream: url.stream });
  connection.role = role;
  connection.stream = stream;
  const wanted = { identified, role, stream };
  return reachChild(
    connection,
    {
      route: () => context.route(stream, role),
      join: (route) => joinChild(client, connection, { wanted, route }, context),
    },
    context.logger,
  );
}

function identify(
  client: Socket,
  { id, signal }: Connection,
  { server: { name, version, pid } }: RtmpSessionContext,
): Promise<Identified> {
  const server = { name, version, pid, id };
  const identifier = new RtmpIdentifier({ server, time: 0, random: RANDOM });
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
  { wanted, route }: { wanted: Wanted; route: Route },
  context: RtmpSessionContext,
): Promise<void> {
  const silence = () => new SessionError('child', `child ${route.owner.id} does not answer`);
  const replaying = replay(client, connection, { wanted, route }, context);
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
  { wanted: { identified }, route }: { wanted: Wanted; route: Route },
  context: RtmpSessionContext,
): Promise<{ child: Socket; toClient: Buffer }> {
  const child = await dialAsClient(connection, targetOf(route, 'rtmp'), context);
  child.on('error', () => {});
  child.write(Buffer.concat([HELLO, identified.recorded]));
  try {
    const answers = new ChildAnswers(client, child, identified);
    const toClient = await readUntil(child, (bytes) => answers.take(bytes), connection.signal);
    return { child, toClient };
  } catch (error) {
    client.unpipe(child);
    child.destroy();
    throw error;
  }
}

/**
 * Reads a child's first bytes: its handshake is dropped, its answers are levelled. `take` answers
 * what the client gets before the raw bytes, once these can follow; until then it hands on what had
 * to be rewritten, both ways.
 */
class ChildAnswers {
  readonly #client: Socket;
  readonly #child: Socket;
  readonly #leveler: ChildLeveler;
  #skip = SERVER_HANDSHAKE_SIZE;
  #rewriting = false;

  constructor(client: Socket, child: Socket, identified: Identified) {
    this.#client = client;
    this.#child = child;
    this.#leveler = new ChildLeveler(identified);
  }

  take(bytes: Buffer): Buffer | undefined {
    const rest = bytes.subarray(Math.min(this.#skip, bytes.length));
    this.#skip -= bytes.length - rest.length;
    const outcome = this.#leveler.feed(rest);
    if (outcome.kind !== 'value') throw new SessionError('child', 'the child sent no RTMP');
    const { toClient, level } = outcome.value;
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
