import type { Link } from './link.js';
import type { Source } from './media/source.js';

/** A publisher or player of a source, as the API shows it. */
export interface Client {
  readonly id: string;
  readonly ip: string;
  readonly type: string;
  readonly publish: boolean;
  /** The stream's name in the client's request, such as `x.m3u8`. */
  readonly stream: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly source: Source;
  readonly link: Link;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Bytes, and their rate over the last complete 30 s, from the server's view. */
export class Traffic {
  sendBytes = 0;
  recvBytes = 0;
  sendKbps = 0;
  recvKbps = 0;
  #at = Date.now();
  #sent = 0;
  #received = 0;

  add(sent: number, received: number): void {
    this.sendBytes += sent;
    this.recvBytes += received;
    const seconds = (Date.now() - this.#at) / 1000;
    if (seconds < 30) return;
    this.sendKbps = Math.round(((this.sendBytes - this.#sent) * 8) / 1000 / seconds);
    this.recvKbps = Math.round(((this.recvBytes - this.#received) * 8) / 1000 / seconds);
    this.#at = Date.now();
    this.#sent = this.sendBytes;
    this.#received = this.recvBytes;
  }
}

interface Entry {
  readonly client: Client;
  readonly traffic: Traffic;
  readonly targets: readonly Traffic[];
}

/** Bytes of a link counted so far: one connection may publish or play several times. */
interface Counted {
  sent: number;
  received: number;
}

/**
 * All publishers and players. Their bytes are counted per client, source, vhost and for the server:
 * at each `count`, and when they leave.
 */
export class Clients {
  readonly total = new Traffic();
  /** Clients since the start. */
  added = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #sources = new WeakMap<Source, Traffic>();
  readonly #vhosts = new Map<string, Traffic>();
  readonly #counted = new WeakMap<Link, Counted>();

  get size(): number {
    return this.#entries.size;
  }

  list(): Client[] {
    return [...this.#entries.values()].map(({ client }) => client);
  }

  find(id: string): Client | undefined {
    return this.#entries.get(id)?.client;
  }

  add(client: Client): void {
    this.added += 1;
    const traffic = new Traffic();
    const { source } = client;
    const targets = [traffic, this.ofSource(source), this.ofVhost(source.name.vhost), this.total];
    this.#entries.set(client.id, { client, traffic, targets });
  }

  remove(client: Client): void {
    const entry = this.#entries.get(client.id);
    if (entry === undefined) return;
    this.#count(entry);
    this.#entries.delete(client.id);
  }

  /** Updates all counters. */
  count(): void {
    for (const entry of this.#entries.values()) this.#count(entry);
  }

  ofClient(id: string): Traffic {
    return this.#entries.get(id)?.traffic ?? new Traffic();
  }

  ofSource(source: Source): Traffic {
    const traffic = this.#sources.get(source) ?? new Traffic();
    this.#sources.set(source, traffic);
    return traffic;
  }

  /** Never removed, since all vhosts come from the config. */
  ofVhost(name: string): Traffic {
    const traffic = this.#vhosts.get(name) ?? new Traffic();
    this.#vhosts.set(name, traffic);
    return traffic;
  }

  #count({ client: { link }, targets }: Entry): void {
    const before = this.#counted.get(link) ?? { sent: 0, received: 0 };
    const now = { sent: link.sent, received: link.received };
    this.#counted.set(link, now);
    for (const target of targets) {
      target.add(now.sent - before.sent, now.received - before.received);
    }
  }
}
