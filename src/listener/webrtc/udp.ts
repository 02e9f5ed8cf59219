import ipaddr from 'ipaddr.js';
import type { FlowEnd, KernelFlow } from '../../relay/kernel/flow.js';
import type { Steering } from '../../relay/kernel/steering.js';
import type { UdpEndpoint, UdpRelay, UdpSession } from '../../relay/udp.js';
import type { LimitName } from '../budget.js';
import { Connection } from '../connection.js';
import type { Connections } from '../connections.js';
import { sessionOfCheck } from './checks.js';
import type { RtcSession } from './session.js';
import type { RtcSessions } from './sessions.js';

/** Flows that a session's own place covers; each further flow takes a place. */
const PAID_FLOWS = 2;

/** The session and relay of a flow. */
interface OpenFlow {
  readonly session: RtcSession;
  readonly relayed: UdpSession | KernelFlow;
}

/** Finds the session for packets from an unknown address, and starts relaying them. */
export class RtcUdp {
  readonly #sessions: RtcSessions;
  readonly #further: Connections;
  /** By client address; an address has one session at a time. */
  readonly #flows = new Map<string, OpenFlow>();
  /** Sessions that the kernel could not forward. */
  readonly #unsteerable = new WeakSet<RtcSession>();
  /** Null: everything is relayed. */
  steering: Steering | null = null;

  constructor(sessions: RtcSessions, further: Connections) {
    this.#sessions = sessions;
    this.#further = further;
  }

  /**
   * Handles a datagram from an unknown address; it is dropped unless it is a check of a known
   * session.
   */
  meet(relay: UdpRelay, datagram: Buffer, from: UdpEndpoint): void {
    const session = sessionOfCheck(this.#sessions, datagram, from);
    if (session === null) {
      this.#sessions.counters.failed.invalid += 1;
      return;
    }
    const key = keyOf(from);
    const known = this.#flows.get(key);
    if (known?.session === session) {
      known.relayed.send(datagram);
      return;
    }
    const learning = this.steering?.learn(from) ?? null;
    if (learning !== null) {
      void learning.then(() => this.meet(relay, datagram, from));
      return;
    }
    known?.relayed.destroy();
    this.#open(relay, { session, key, datagram, from });
  }

  #open(relay: UdpRelay, addressed: RequestAddresses): void {
    const { session, key, from } = addressed;
    const place = this.#placeFor(session, from);
    const [first = null] = typeof place === 'string' ? session.flows.values() : [];
    const oldest = session.surplus ?? first;
    const relayed = this.#steer(addressed) ?? relayIt(relay, addressed);
    oldest?.relayed.destroy();
    if (relayed === null) {
      this.#giveBack(place);
      return;
    }
    this.#carry({ session, relayed }, { key, from }, place);
  }

  /** Goes on with a flow of the program before this one. */
  goOn(session: RtcSession, from: UdpEndpoint, relayed: UdpSession): void {
    const key = keyOf(from);
    this.#carry({ session, relayed }, { key, from }, this.#placeFor(session, from));
  }

  #carry(
    flow: OpenFlow,
    { key, from }: Pick<RequestAddresses, 'key' | 'from'>,
    place: Connection | LimitName | null,
  ): void {
    const { session, relayed } = flow;
    this.#flows.set(key, flow);
    const ended = relayed.ended.then((end) => {
      if (this.#flows.get(key) === flow) this.#flows.delete(key);
      this.#giveBack(place);
      return this.#endOf(session, end);
    });
    this.#sessions.carry(session, key, { client: from, relayed, ended });
  }

  /** Returns the place of a further flow, or the limit that refuses it; null: none is needed. */
  #placeFor({ flows }: RtcSession, { ip, port }: UdpEndpoint): Connection | LimitName | null {
    return flows.size < PAID_FLOWS ? null : this.#further.open(ip, port, Date.now());
  }

  #giveBack(place: Connection | LimitName | null): void {
    if (place instanceof Connection) this.#further.closed(place);
  }

  /**
   * Lets the kernel forward the flow, if it can, from the client's next check on: the child must
   * not see this check come from another address than the rest.
   */
  #steer({ session, from }: RequestAddresses): KernelFlow | null {
    const { host, ports, owner } = session.route;
    const isHere = ipaddr.isValid(host) && ipaddr.parse(host).range() === 'loopback';
    const isOurs = isHere && owner.box === undefined;
    if (this.steering === null || !isOurs || this.#unsteerable.has(session)) return null;
    const { username } = session;
    return this.steering.open({ client: from, childPort: ports.rtc, username });
  }

  /**
   * Treats a client that the kernel cannot forward as after a farewell: its next check has it
   * relayed.
   */
  #endOf(session: RtcSession, end: FlowEnd): string {
    if (end !== 'unsteerable') return end;
    this.#unsteerable.add(session);
    return 'farewell';
  }
}

function keyOf({ ip, port }: UdpEndpoint): string {
  return `udp ${ip} ${port}`;
}

function relayIt(
  relay: UdpRelay,
  { session, datagram, from }: RequestAddresses,
): UdpSession | null {
  const { host, ports } = session.route;
  const mark = Buffer.from(session.username);
  return relay.open(from, { ip: host, port: ports.rtc }, [datagram], { mark });
}

interface RequestAddresses {
  readonly session: RtcSession;
  readonly key: string;
  readonly datagram: Buffer;
  readonly from: UdpEndpoint;
}
