import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { takePlace } from '../../child-access/places.js';
import type { Logger } from '../../logging/logger.js';
import { parseFirstFrame } from '../../protocol/webrtc/tcp-frame.js';
import type { RelayEngine, RelayedConnection } from '../../relay/relay.js';
import { listenAt } from '../../system/open-ports.js';
import { admit } from '../admission.js';
import { normalIp } from '../client-address.js';
import type { Connection } from '../connection.js';
import type { Connections } from '../connections.js';
import { dial } from '../dial.js';
import type { KeptRtcSession } from '../kept.js';
import { readUntil } from '../read-until.js';
import { SessionError } from '../session-error.js';
import { logAcceptErrors } from '../tcp-port.js';
import { sessionOfCheck } from './checks.js';
import type { RtcSession } from './session.js';
import { type RtcSessions, SILENT_MS } from './sessions.js';
import { Unproven } from './unproven.js';

/** Most connections that have not sent a check; many browsers may share an address. */
const UNPROVEN = { max: 1024, maxPerIp: 64 };
/** Default of `proveMs`. */
const PROVE_MS = 5000;
/** Most milliseconds for the child to accept the connection. */
const DIAL_MS = 5000;
const KEEP_ALIVE_MS = 30_000;

export interface RtcTcpOptions {
  readonly sessions: RtcSessions;
  /** Places of connections, besides those of their sessions: each has two descriptors. */
  readonly further: Connections;
  readonly join: RelayEngine['join'];
  /** Most milliseconds for the check, a browser's first packet. */
  readonly proveMs?: number | undefined;
  readonly logger: Logger;
}

type KeptRtcFlow = KeptRtcSession['flows'][number];

/** WebRTC over TCP (RFC 4571): the first frame is an ICE check, which names the session. */
export class RtcTcp {
  readonly #options: RtcTcpOptions;
  readonly #server: Server;
  readonly #unproven = new Unproven(UNPROVEN);

  constructor(options: RtcTcpOptions) {
    this.#options = options;
    const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#server = createServer(socketOptions, (socket) => this.#accept(socket));
  }

  /** Rejects with Node's system error if the port cannot be bound. */
  async start(address: { readonly host?: string; readonly port: number }): Promise<void> {
    listenAt(this.#server, 'listen.rtc', address);
    await once(this.#server, 'listening');
    logAcceptErrors(this.#server, 'listen.rtc', this.#options.logger);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#unproven.close();
    this.#options.further.endAll(new SessionError('left', 'the supervisor stops'));
    await closed;
  }

  /** Goes on with a connection of the program before this one. */
  goOn(session: RtcSession, { key, at }: KeptRtcFlow, relayed: RelayedConnection): void {
    const { further, sessions } = this.#options;
    const own = further.open(at.ip, at.port, Date.now());
    session.tcpConnections += 1;
    const { ended } = relayed;
    sessions.carry(session, key, { client: at, relayed, ended });
    void ended.then(() => {
      session.tcpConnections -= 1;
      if (typeof own !== 'string') further.closed(own);
    });
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    const { further: connections, sessions, logger } = this.#options;
    const { counters } = sessions;
    const { remoteAddress = '', remotePort = 0 } = client;
    const ip = normalIp(remoteAddress) ?? remoteAddress;
    const connection = admit({ connections, counters, proxies: null, logger }, ip, remotePort);
    if (connection === null) {
      client.resetAndDestroy();
      return;
    }
    this.#unproven.add(client, ip);
    void this.#mind(client, connection);
  }

  async #mind(client: Socket, connection: Connection): Promise<void> {
    try {
      await this.#serve(client, connection);
    } catch (error) {
      client.destroy();
      this.#options.sessions.fail(connection, error);
    } finally {
      this.#unproven.delete(client);
      this.#options.further.closed(connection);
    }
  }

  async #serve(client: Socket, own: Connection): Promise<void> {
    const { sessions, proveMs = PROVE_MS } = this.#options;
    const from = { ip: own.ip, port: own.port };
    const find = (check: Buffer) => sessionOfCheck(sessions, check, from);
    const limit = AbortSignal.any([own.signal, AbortSignal.timeout(proveMs)]);
    const { session, bytes } = await identify(client, find, limit);
    this.#unproven.delete(client);
    own.settle();
    const leave = await takePlaceFor(session);
    try {
      await this.#relay({ client, session, bytes }, own);
    } finally {
      leave();
    }
  }

  async #relay({ client, session, bytes }: CheckedClient, own: Connection): Promise<void> {
    const { sessions, join } = this.#options;
    const from = { ip: own.ip, port: own.port };
    // A client may use one port for connections to two addresses of this machine.
    const key = `tcp ${from.ip} ${from.port} ${client.localAddress} ${client.localPort}`;
    const target = { ...portOf(session), localAddress: null };
    const child = await dial(target, dialLimit(session));
    const relayed = join({ client, child, toChild: bytes, idleMs: SILENT_MS });
    session.surplus?.relayed.destroy();
    const { ended } = relayed;
    sessions.carry(session, key, { client: from, relayed, ended });
    await ended;
  }
}

/** A client whose first frame is a check of a session. */
interface CheckedClient {
  readonly client: Socket;
  readonly session: RtcSession;
  readonly bytes: Buffer;
}

/**
 * Takes a place for a connection to the session's child, and resolves with the function that gives
 * it back. The session's first connection uses the place of the session's client.
 */
async function takePlaceFor(session: RtcSession): Promise<() => void> {
  const isFirst = session.tcpConnections === 0;
  session.tcpConnections += 1;
  const giveBack = () => {
    session.tcpConnections -= 1;
  };
  if (isFirst) return giveBack;
  try {
    const leave = await takePlace('ice', portOf(session), dialLimit(session));
    return () => {
      giveBack();
      leave();
    };
  } catch (error) {
    giveBack();
    throw error;
  }
}

function portOf({ route: { host, ports } }: RtcSession): { host: string; port: number } {
  return { host, port: ports.rtc };
}

function dialLimit({ connection }: RtcSession): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(DIAL_MS), connection.signal]);
}

async function identify(
  client: Socket,
  find: (check: Buffer) => RtcSession | null,
  signal: AbortSignal,
): Promise<{ readonly session: RtcSession; readonly bytes: Buffer }> {
  let bytes: Buffer = Buffer.alloc(0);
  const session = await readUntil(
    client,
    (more) => {
      bytes = Buffer.concat([bytes, more]);
      const frame = parseFirstFrame(bytes);
      if (frame.kind === 'incomplete') return undefined;
      const found = frame.kind === 'value' ? find(frame.value) : null;
      if (found === null) {
        throw new SessionError('invalid', 'the first frame is no check of a session');
      }
      return found;
    },
    signal,
  );
  return { session, bytes };
}
