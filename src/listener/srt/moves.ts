import { destinationOf } from '../../protocol/srt/packet.js';
import type { UdpEndpoint } from '../../relay/udp.js';
import type { SrtLink } from './link.js';

/** So long a client is silent where it was before it is looked for elsewhere: libsrt speaks each second. */
const SILENCE_MS = 2000;
/** And so many packets it sends from there. */
const PACKETS = 3;

/** Somebody who sends what a client would send, from elsewhere. */
interface Suspect {
  readonly from: UdpEndpoint;
  readonly since: number;
  /** What had come from the client itself by then. */
  readonly bytesIn: number;
  packets: number;
}

/** What is looked at of a connection. */
export type MovingLink = Pick<SrtLink, 'ids' | 'client' | 'bytesIn' | 'moveTo' | 'hear'>;

/** Told where a client is now. */
type Follower = (client: UdpEndpoint) => void;

interface Followed {
  readonly link: MovingLink;
  /** The client's own address, whichever box it comes by. */
  readonly home: string;
  readonly onMove: Follower;
}

/**
 * Follows clients whose NAT gives them another port, or whose balancer another box. A stranger with the right address and socket id is
 * the client only when nothing comes from the old port any more; one that speaks up there again gets
 * its connection back at once, so nobody else can keep it.
 */
export class Moves {
  readonly #isBox: (ip: string) => boolean;
  /** By the child's socket id, which a client's packets carry. */
  readonly #links = new Map<number, Map<MovingLink, Followed>>();
  readonly #suspects = new Map<MovingLink, Suspect>();
  /** Where each came from before. */
  readonly #left = new Map<MovingLink, UdpEndpoint>();

  /** `isBox`: whether that is the address of another box, which vouches for what it relays. */
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

  /** The connection that a client at that address has to that socket id. */
  find(at: UdpEndpoint, childId: number): MovingLink | null {
    const links = this.#links.get(childId)?.keys() ?? [];
    return Array.from(links).find(({ client }) => isSame(client, at)) ?? null;
  }

  /** Whether a client of that address has a connection to that socket id, wherever it comes from now. */
  has(home: string, childId: number): boolean {
    return this.#of(childId, (followed) => followed.home === home).length === 1;
  }

  /** A packet that the relay knows no connection for; false where there is none here. */
  heard(packet: Buffer, from: UdpEndpoint, now: number): boolean {
    const isBox = this.#isBox(from.ip);
    const mayBe = ({ home }: Followed) => isBox || home === from.ip;
    const [followed, another] = this.#of(destinationOf(packet), mayBe);
    if (!followed || another) return false;
    const { link } = followed;
    // The relay is only just told of the client.
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
