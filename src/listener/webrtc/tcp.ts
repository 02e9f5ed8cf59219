import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../logger.js';
import { parseFirstFrame } from '../../protocol/webrtc/tcp-frame.js';
import type { RelayEngine } from '../../relay/relay.js';
import { normalIp } from '../client-address.js';
import { dial } from '../dial.js';
import { readUntil } from '../read-until.js';
import { logAcceptErrors } from '../tcp-port.js';
import { sessionOfCheck } from './checks.js';
import type { RtcSession } from './session.js';
import { type RtcSessions, SILENT_MS } from './sessions.js';

/** Connections that have not said yet what they are for. */
const MAX_UNKNOWN = 1024;
const IDENTIFY_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;

export interface RtcTcpOptions {
  readonly sessions: RtcSessions;
  readonly join: RelayEngine['join'];
  readonly logger: Logger;
}

/** WebRTC over TCP (RFC 4571): the first frame is an ICE check, which names the session. */
export class RtcTcp {
  readonly #options: RtcTcpOptions;
  readonly #server: Server;
  readonly #unknown = new Set<Socket>();

  constructor(options: RtcTcpOptions) {
    this.#options = options;
    const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#server = createServer(socketOptions, (socket) => this.#accept(socket));
  }

  /** Rejects with Node's system error when the port cannot be had. */
  async start(address: { readonly host?: string; readonly port: number }): Promise<void> {
    this.#server.listen(address);
    await once(this.#server, 'listening');
    logAcceptErrors(this.#server, 'listen.rtc', this.#options.logger);
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#unknown) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#unknown.size >= MAX_UNKNOWN) {
      client.resetAndDestroy();
      return;
    }
    this.#unknown.add(client);
    this.#serve(client)
      .catch((error: unknown) => {
        client.destroy();
        this.#options.logger.debug({ reason: messageOf(error) }, 'rtc: TCP client not served');
      })
      .finally(() => this.#unknown.delete(client));
  }

  async #serve(client: Socket): Promise<void> {
    const { sessions, join } = this.#options;
    const limit = AbortSignal.timeout(IDENTIFY_MS);
    const { remoteAddress = '', remotePort: port = 0 } = client;
    const from = { ip: normalIp(remoteAddress) ?? remoteAddress, port };
    const find = (check: Buffer) => sessionOfCheck(sessions, check, from);
    const { session, bytes } = await identify(client, find, limit);
    const { route, connection } = session;
    const target = { host: route.host, port: route.ports.rtc, localAddress: null };
    const child = await dial(target, AbortSignal.any([limit, connection.signal]));
    const relayed = join({ client, child, toChild: bytes, idleMs: SILENT_MS });
    sessions.carry(session, `tcp ${from.ip} ${from.port}`, {
      client: from,
      get bytesIn() {
        return relayed.bytesIn;
      },
      get bytesOut() {
        return relayed.bytesOut;
      },
      ended: relayed.ended,
      destroy: () => relayed.destroy(),
    });
  }
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
      if (found === null) throw new Error('the first frame is no check of a session');
      return found;
    },
    signal,
  );
  return { session, bytes };
}
