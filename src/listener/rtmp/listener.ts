import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../config/config.js';
import { Admission } from '../admission.js';
import type { ConnectionLimits } from '../budget.js';
import type { TrustedProxies } from '../client-address.js';
import { closePort, openPort } from '../tcp-port.js';
import { BaseRtmpListener } from './base-listener.js';
import { type RtmpSessionContext, serveRtmp } from './session.js';

/** A client that vanished without a word is noticed after about this long and a few probes. */
const KEEP_ALIVE_MS = 30_000;

/** What an RTMP port knows besides its sessions. */
export interface RtmpListenerContext extends RtmpSessionContext {
  /** The configuration's key; default: `listen.rtmp`. */
  readonly name?: string;
  /** Whose PROXY headers begin each connection; null or none: there are none. */
  readonly proxies?: TrustedProxies | null;
  /** Puts TLS over a connection. */
  readonly secure?: (socket: Socket) => Socket;
}

/** An RTMP port of this thread's: accepts clients and hands each to a session of its own. */
export class RtmpListener extends BaseRtmpListener<RtmpListenerContext> {
  readonly #address: Address;
  readonly #admission: Admission;
  readonly #server: Server;

  constructor(address: Address, limits: ConnectionLimits, context: RtmpListenerContext) {
    super(limits, context);
    const { connections, counters } = this;
    const { proxies = null, logger } = context;
    this.#admission = new Admission({ connections, counters, proxies, logger });
    this.#address = address;
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    this.#server = createServer({ ...options, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
  }

  start(): Promise<void> {
    const { name = 'listen.rtmp', logger } = this.context;
    return openPort(this.#server, name, this.#address, logger);
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
    const client = this.context.secure?.(accepted) ?? accepted;
    await this.mind(client, connection, () => serveRtmp(client, connection, this.context));
  }
}
