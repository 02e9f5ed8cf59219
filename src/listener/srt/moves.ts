import { destinationOf } from '../../protocol/srt/packet.js';
import type { Endpoint } from '../../relay/udp.js';
import type { SrtLink } from './link.js';

/** So long a client is silent where it was before it is looked for elsewhere: libsrt speaks each second. */
const SILENCE_MS = 2000;
/** And so many packets it sends from there. */
const PACKETS = 3;

/** Somebody who sends what a client would send, from another port of its address. */
interface Suspect {
  readonly port: number;
  readonly since: number;
  /** What had come from the client itself by then. */
  readonly bytesIn: number;
  packets: number;
}

/** What is looked at of a connection. */
export type MovingLink = Pick<SrtLink, 'ids' | 'client' | 'bytesIn' | 'moveTo' | 'hear'>;

/** Told where a client is now. */
type Follower = (client: Endpoint) => void;

/**
 * Follows clients whose NAT gives them another port. A stranger with the right address and socket id is
 * the client only when nothing comes from the old port any more; one that speaks up there again gets
 * its connection back at once, so nobody else can keep it.
 */
export class Moves {
  /** By the child's socket id, which a client's packets carry. */
  readonly #links = new Map<number, Map<MovingLink, Follower>>();
  readonly #suspects = new Map<MovingLink, Suspect>();
  /** The port that each came from before. */
  readonly #left = new Map<MovingLink, number>();

  add(link: MovingLink, onMove: Follower): void {
    const links = this.#links.get(link.ids.child);
    if (links) links.set(link, onMove);
    else this.#links.set(link.ids.child, new Map([[link, onMove]]));
  }

  remove(link: MovingLink): void {
    const links = this.#links.get(link.ids.child);
    links?.delete(link);
    if (links?.size === 0) this.#links.delete(link.ids.child);
    this.#suspects.delete(link);
    this.#left.delete(link);
  }

  /** The connection that a client at that address has to that socket id. */
  find({ ip, port }: Endpoint, childId: number): MovingLink | null {
    return this.#at(ip, childId).find(({ client }) => client.port === port) ?? null;
  }

  /** A packet that the relay knows no connection for. */
  heard(packet: Buffer, { ip, port }: Endpoint, now: number): void {
    const [link, another] = this.#at(ip, destinationOf(packet));
    if (!link || another) return;
    if (link.client.port === port) {
      // The relay is only just told of the client.
      link.hear(packet);
      return;
    }
    if (this.#left.get(link) === port || this.#isConfirmed(link, port, now)) this.#move(link, port);
  }

  #at(ip: string, childId: number): MovingLink[] {
    return Array.from(this.#links.get(childId)?.keys() ?? []).filter(
      ({ client }) => client.ip === ip,
    );
  }

  #isConfirmed(link: MovingLink, port: number, now: number): boolean {
    const suspect = this.#suspects.get(link);
    if (suspect?.port !== port || suspect.bytesIn !== link.bytesIn) {
      this.#suspects.set(link, { port, since: now, bytesIn: link.bytesIn, packets: 1 });
      return false;
    }
    suspect.packets += 1;
    return suspect.packets >= PACKETS && now - suspect.since >= SILENCE_MS;
  }

  #move(link: MovingLink, port: number): void {
    this.#suspects.delete(link);
    this.#left.set(link, link.client.port);
    link.moveTo({ ip: link.client.ip, port });
    this.#links.get(link.ids.child)?.get(link)?.(link.client);
  }
}
