import { destinationOf } from '../../protocol/srt/packet.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { SrtLink } from './link.js';

/**
 * Milliseconds of silence at the old address before a new one is accepted; libsrt sends every
 * second.
 */
const SILENCE_MS = 2000;
/** Packets from the new address before it is accepted. */
const PACKETS = 3;

/** A sender of a client's packets from another address. */
interface Suspect {
  readonly from: UdpEndpoint;
  readonly since: number;
  /** Bytes from the client's own address until then. */
  readonly bytesIn: number;
  packets: number;
}

/** The part of a connection that is needed here. */
export type MovingLink = Pick<SrtLink, 'ids' | 'client' | 'bytesIn' | 'moveTo' | 'hear'>;

/** Called with the client's new address. */
type Follower = (client: UdpEndpoint) => void;

interface Followed {
  readonly link: MovingLink;
  /** The client's own address, whichever box it comes by. */
  readonly home: string;
  readonly onMove: Follower;
}

/**
 * Follows clients that get another port from their NAT, or another box from their balancer. A
 * sender with the right address and socket id is accepted as the client only if the old port is
 * silent; if the old port sends again, it gets the connection back at once, so nobody else can keep
 * it.
 */
export class Moves {
  readonly #isBox: (ip: string) => boolean;
  /** By the child's socket id, which the client's packets contain. */
  readonly #links = new Map<number, Map<MovingLink, Followed>>();
  readonly #suspects = new Map<MovingLink, Suspect>();
  /** Previous address of each client. */
  readonly #left = new Map<MovingLink, UdpEndpoint>();

  /** `isBox` returns whether an address is another box's, which vouches for what it relays. */
  constructor(isBox: (ip: string) => boolean = () => false) {
    this.#isBox = isBox;
  }

  add(link: MovingLink, onMove: Follower): void {
    const followed = { link, home: link.client.ip, onMove };
    const links = this.#links.get(link.ids.child);
    if (links) links.set(link, followed);
    else this.#links.set(link.ids.child, new Map([[link, followed]]));
  }

  remove(link: MovingLink): void {
    const links = this.#links.get(link.ids.child);
    links?.delete(link);
    if (links?.size === 0) this.#links.delete(link.ids.child);
    this.#suspects.delete(link);
    this.#left.delete(link);
  }

  /** Returns the connection of the client at that address to that socket id. */
  find(at: UdpEndpoint, childId: number): MovingLink | null {
    const links = this.#links.get(childId)?.keys() ?? [];
    return Array.from(links).find(({ client }) => isSame(client, at)) ?? null;
  }

  /** Returns whether a client of that address has a connection to that socket id, by any box. */
  has(home: string, childId: number): boolean {
    return this.#of(childId, (followed) => followed.home === home).length === 1;
  }

  /** Handles a packet without a known connection; false if there is none here. */
  heard(packet: Buffer, from: UdpEndpoint, now: number): boolean {
    const isBox = this.#isBox(from.ip);
    const mayBe = ({ home }: Followed) => isBox || home === from.ip;
    const [followed, another] = this.#of(destinationOf(packet), mayBe);
    if (!followed || another) return false;
    const { link } = followed;
    // The relay has only just been told of the client.
    if (isSame(link.client, from)) link.hear(packet);
    else if (isSame(this.#left.get(link), from) || this.#isConfirmed(link, from, now)) {
      this.#move(followed, from);
    }
    return true;
  }

  #of(childId: number, isMeant: (followed: Followed) => boolean): Followed[] {
    return Array.from(this.#links.get(childId)?.values() ?? []).filter(isMeant);
  }

  #isConfirmed(link: MovingLink, from: UdpEndpoint, now: number): boolean {
    const suspect = this.#suspects.get(link);
    if (!isSame(suspect?.from, from) || suspect?.bytesIn !== link.bytesIn) {
      this.#suspects.set(link, { from, since: now, bytesIn: link.bytesIn, packets: 1 });
      return false;
    }
    suspect.packets += 1;
    return suspect.packets >= PACKETS && now - suspect.since >= SILENCE_MS;
  }

  #move({ link, onMove }: Followed, to: UdpEndpoint): void {
    this.#suspects.delete(link);
    this.#left.set(link, link.client);
    link.moveTo({ ip: to.ip, port: to.port });
    onMove(link.client);
  }
}

function isSame(one: UdpEndpoint | undefined, other: UdpEndpoint): boolean {
  return one?.ip === other.ip && one.port === other.port;
}
