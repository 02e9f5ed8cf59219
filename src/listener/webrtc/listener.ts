import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import type { Address } from '../../config/config.js';
import type { Logger } from '../../logging/logger.js';
import type { OwnerRef } from '../../owner.js';
import type { Steering } from '../../relay/kernel/steering.js';
import type { RelayEngine } from '../../relay/relay.js';
import type { UdpRelay, UdpRelayOptions } from '../../relay/udp.js';
import type { Role, StreamKey } from '../../stream-key.js';
import type { ConnectionLimits } from '../budget.js';
import { Connections } from '../connections.js';
import { listenError } from '../listen-error.js';
import type { ConnectionRow, Listener, ListenerSummary } from '../listener.js';
import { type RtcSessions, SILENT_MS } from './sessions.js';
import { RtcTcp } from './tcp.js';
import { RtcUdp } from './udp.js';

export interface RtcListenerOptions {
  readonly address: Address;
  readonly sessions: RtcSessions;
  /** Of sessions' further connections: their own, or a budget that is shared. */
  readonly limits: ConnectionLimits;
  readonly maxSessions: number;
  readonly openUdp: (options: UdpRelayOptions) => Promise<UdpRelay>;
  /** Has the kernel carry what comes to this port; null where it cannot. Default: it is not asked. */
  readonly steer?: (port: number) => Promise<Steering | null>;
  readonly join: RelayEngine['join'];
  readonly logger: Logger;
}

/** A DTLS 1.2 record of type alert: who ends a session says so. */
const DTLS_ALERT = 0x15fe;
/** STUN requests begin with 0, which is what a new session begins with; STUN answers with 1. */
const CHECKED_BELOW = 1;
/** People talk to each other over this: less than half of what other media may wait for each other. */
const GATHER_MS = 0.2;

/** The media port of all WebRTC sessions: one number, for UDP and for TCP. */
export class RtcListener implements Listener {
  readonly #options: RtcListenerOptions;
  readonly #tcp: RtcTcp;
  /** Those that have a place beside their session's. */
  readonly #further: Connections;
  #udp: UdpRelay | null = null;
  #steering: Steering | null = null;

  constructor(options: RtcListenerOptions) {
    this.#options = options;
    this.#further = new Connections(options.limits);
    this.#tcp = new RtcTcp({ ...options, connections: this.#further });
  }

  async start(): Promise<void> {
    const { address, sessions, maxSessions, openUdp, steer } = this.#options;
    const flows = new RtcUdp(sessions, this.#further);
    try {
      const udp = await openUdp({
        address,
        maxSessions,
        idleMs: SILENT_MS,
        farewell: DTLS_ALERT,
        checkedBelow: CHECKED_BELOW,
        gatherMs: GATHER_MS,
        onStranger: (datagram, from) => flows.meet(udp, datagram, from),
      });
      this.#udp = udp;
      await this.#tcp.start({ ...address, port: udp.port });
      this.#steering = (await steer?.(udp.port)) ?? null;
      flows.steering = this.#steering;
    } catch (error) {
      await this.#udp?.close();
      this.#udp = null;
      throw listenError('listen.rtc', address, error);
    }
  }

  address(): AddressInfo | null {
    if (this.#udp === null) return null;
    const { host = '::' } = this.#options.address;
    return { address: host, family: isIPv6(host) ? 'IPv6' : 'IPv4', port: this.#udp.port };
  }

  summary(): ListenerSummary {
    return this.#options.sessions.summary();
  }

  async rows(): Promise<ConnectionRow[]> {
    return this.#options.sessions.rows();
  }

  endOf(owner: OwnerRef, reason: string, stream?: StreamKey, role?: Role): void {
    this.#options.sessions.endOf(owner, reason, stream, role);
  }

  async close(): Promise<void> {
    this.#options.sessions.close();
    await this.#steering?.close();
    this.#steering = null;
    await this.#tcp.close();
    await this.#udp?.close();
    this.#udp = null;
  }
}
