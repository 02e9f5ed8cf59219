import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../config/config.js';
import { Admission } from '../admission.js';
import type { ConnectionLimits } from '../budget.js';
import type { TrustedProxies } from '../client-address.js';
import { closePort, openPort } from '../tcp-port.js';
import { BaseRtmpListener } from './base-listener.js';
import { RtmpSession, type RtmpSessionContext } from './session.js';

/** A client that vanished without a word is noticed after about this long and a few probes. */
const KEEP_ALIVE_MS = 30_000;

/** The settings of an RTMP port besides those of its sessions. */
export interface RtmpListenerContext extends RtmpSessionContext {
  /** The configuration's key; default: `listen.rtmp`. */
  readonly name?: string;
  /** The senders of PROXY headers, which begin each connection; null or none: there are none. */
  readonly proxies?: TrustedProxies | null;
  /** Puts TLS over a connection. */
  readonly secure?: (socket: Socket) => Socket;
}

/** An RTMP port of this thread's: accepts clients and serves each by a session of its own. */
export class RtmpListener extends BaseRtmpListener {
  readonly #name: string;
  readonly #secure: (socket: Socket) => Socket;
  readonly #address: Address;
  readonly #admission: Admission;
  readonly #server: Server;

  constructor(address: Address, limits: ConnectionLimits, context: RtmpListenerContext) {
    super(limits, context);
    const { connections, counters } = this;
    const { name = 'listen.rtmp', proxies = null, secure = (socket) => socket, logger } = context;
    this.#name = name;
    this.#secure = secure;
    this.#admission = new Admission({ connections, counters, proxies, logger });
    this.#address = address;
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true };
    this.#server = createServer({ ...options, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
      this.#accept(socket),
    );
  }

  start(): Promise<void> {
    return openPort(this.#server, this.#name, this.#address, this.context.logger);
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
    const session = new RtmpSession(this.#secure(accepted), connection, this.context);
    await this.serve(session, null);
  }
}
