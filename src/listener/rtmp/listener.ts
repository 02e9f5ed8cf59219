import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Admission } from '../admission.js';
import { TrustedProxies } from '../client-address.js';
import { closePort, openPort } from '../tcp-port.js';
import { BaseRtmpListener, type RtmpPortOptions } from './base-listener.js';
import { RtmpSession, type RtmpSessionContext } from './session.js';

/** A client that vanished without a word is noticed after about this long and a few probes. */
const KEEP_ALIVE_MS = 30_000;

/** The port's key in the configuration, and TLS over its connections; default: there is none. */
interface PortKind {
  readonly name: string;
  readonly secure?: (socket: Socket) => Socket;
}

/** An RTMP port of this thread's: accepts clients and serves each by a session of its own. */
export class RtmpListener extends BaseRtmpListener {
  readonly #options: RtmpPortOptions;
  readonly #kind: PortKind;
  readonly #admission: Admission;
  readonly #server: Server;

  constructor(
    options: RtmpPortOptions,
    context: RtmpSessionContext,
    kind: PortKind = { name: 'listen.rtmp' },
  ) {
    super(options.limits, context);
    this.#options = options;
    this.#kind = kind;
    const { connections, counters } = this;
    const proxies = options.proxies && new TrustedProxies(options.proxies);
    this.#admission = new Admission({ connections, counters, proxies, logger: context.logger });
    const sockets = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    this.#server = createServer({ ...sockets, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
  }

  start(): Promise<void> {
    return openPort(this.#server, this.#kind.name, this.#options.address, this.context.logger);
  }

  address(): AddressInfo | null {
    return this.#server.address() as AddressInfo | null;
  }

  override async close(): Promise<void> {
    const closed = closePort(this.#server);
    this.#admission.close();
    await super.close();
    await closed;
  }

  async #accept(accepted: Socket): Promise<void> {
    const connection = await this.#admission.admit(accepted);
    if (connection === null) return;
    const client = this.#kind.secure?.(accepted) ?? accepted;
    await this.serveSession(new RtmpSession(client, connection, this.context), null);
  }
}
