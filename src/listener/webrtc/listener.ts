import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import type { Address } from '../../config/config.js';
import type { Steering } from '../../relay/kernel/steering.js';
import type { RelayEngine } from '../../relay/relay.js';
import type { UdpRelay, UdpRelayOptions } from '../../relay/udp.js';
import { Connections } from '../connections.js';
import type { KeptRtcSession } from '../kept.js';
import { listenError } from '../listen-error.js';
import type { RtcSession } from './session.js';
import {
  type KeptRtcService,
  RtcSessions,
  type RtcSessionsOptions,
  SILENT_MS,
} from './sessions.js';
import { RtcTcp } from './tcp.js';
import { RtcUdp } from './udp.js';

export interface RtcListenerOptions extends RtcSessionsOptions {
  readonly address: Address;
  readonly maxSessions: number;
  readonly openUdp: (options: UdpRelayOptions) => Promise<UdpRelay>;
  /** Lets the kernel forward the port's packets; null if it cannot. Default: it is not used. */
  readonly steer?: (port: number) => Promise<Steering | null>;
  readonly join: RelayEngine['join'];
  /** Most milliseconds until a TCP client has sent its first check. Default: 5 s. */
  readonly proveMs?: number;
}

/** Type of a DTLS 1.2 alert record, by which a session's end is announced. */
const DTLS_ALERT = 0x15fe;
/** STUN requests, with which a session begins, start with 0, and STUN answers with 1. */
const CHECKED_BELOW = 1;
/**
 * Milliseconds that datagrams may wait for each other: less than half of that of other media,
 * because this is for conversations.
 */
const GATHER_MS = 0.2;

/** The media port of all WebRTC sessions: one number for UDP and TCP. */
export class RtcListener extends RtcSessions {
  readonly #options: RtcListenerOptions;
  readonly #tcp: RtcTcp;
  /** Connections with a place besides their session's. */
  readonly #further: Connections;
  readonly #flows: RtcUdp;
  #udp: UdpRelay | null = null;
  #steering: Steering | null = null;

  constructor(options: RtcListenerOptions) {
    super(options);
    this.#options = options;
    this.#further = new Connections(options.limits);
    const { join, proveMs, logger } = options;
    const further = this.#further;
    this.#flows = new RtcUdp(this, further);
    this.#tcp = new RtcTcp({ sessions: this, further, join, proveMs, logger });
  }

  async start(): Promise<void> {
    const { address, maxSessions, openUdp, steer } = this.#options;
    const flows = this.#flows;
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

  get isKept(): boolean {
    return this.#udp?.keeping != null;
  }

  /** Goes on with a session and its flows; one without any ends unless its client checks again. */
  override goOnWith(kept: KeptRtcSession, service: KeptRtcService): RtcSession | null {
    const session = super.goOnWith(kept, service);
    if (session === null) return null;
    for (const flow of kept.flows) {
      const relayed = flow.session === null ? null : service.sessionOf(flow.session);
      const pair = flow.pair === null ? null : service.pairOf(flow.pair);
      if (relayed !== null) this.#flows.goOn(session, flow.at, relayed);
      if (pair !== null) this.#tcp.goOn(session, flow, pair);
    }
    return session;
  }

  address(): AddressInfo | null {
    if (this.#udp === null) return null;
    const { host = '::' } = this.#options.address;
    return { address: host, family: isIPv6(host) ? 'IPv6' : 'IPv4', port: this.#udp.port };
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#steering?.close();
    this.#steering = null;
    await this.#tcp.close();
    await this.#udp?.close();
    this.#udp = null;
  }
}
