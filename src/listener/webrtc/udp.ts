import type { Endpoint, UdpRelay, UdpSession } from '../../relay/udp.js';
import { sessionOfCheck } from './checks.js';
import type { RtcSession } from './session.js';
import type { RtcSessions } from './sessions.js';

/** Addresses that one session may use at a time; a browser tries each of its network cards. */
const MAX_FLOWS = 8;

/** Where a flow is relayed, and how a datagram gets on it that was handed to us. */
interface OpenFlow {
  readonly session: RtcSession;
  readonly relayed: UdpSession;
}

/** Finds the session of what comes from an address that is not relayed yet, and relays it then. */
export class RtcUdp {
  readonly #sessions: RtcSessions;
  /** By client address: one address has one session at a time. */
  readonly #flows = new Map<string, OpenFlow>();

  constructor(sessions: RtcSessions) {
    this.#sessions = sessions;
  }

  /** Whatever is no check of a known session is dropped. */
  meet(relay: UdpRelay, datagram: Buffer, from: Endpoint): void {
    const session = sessionOfCheck(this.#sessions, datagram);
    if (session === null) {
      this.#sessions.counters.failed.invalid += 1;
      return;
    }
    const key = `udp ${from.ip} ${from.port}`;
    const known = this.#flows.get(key);
    if (known?.session === session) {
      known.relayed.send(datagram);
      return;
    }
    known?.relayed.destroy();
    this.#open(relay, { session, key, datagram, from });
  }

  #open(relay: UdpRelay, { session, key, datagram, from }: Arrival): void {
    const { host, ports } = session.route;
    const [oldest] = session.flows.size >= MAX_FLOWS ? session.flows.values() : [];
    const relayed = relay.open(from, { ip: host, port: ports.rtc }, [datagram], {
      mark: Buffer.from(session.username),
    });
    oldest?.destroy();
    if (relayed === null) return;
    const flow = { session, relayed };
    this.#flows.set(key, flow);
    relayed.ended.then(() => {
      if (this.#flows.get(key) === flow) this.#flows.delete(key);
    });
    this.#sessions.carry(session, key, asFlow(relayed, from));
  }
}

interface Arrival {
  readonly session: RtcSession;
  readonly key: string;
  readonly datagram: Buffer;
  readonly from: Endpoint;
}

function asFlow(relayed: UdpSession, client: Endpoint) {
  return {
    client,
    get bytesIn() {
      return relayed.bytesIn;
    },
    get bytesOut() {
      return relayed.bytesOut;
    },
    ended: relayed.ended,
    destroy: () => relayed.destroy(),
  };
}
