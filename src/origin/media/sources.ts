import { type StreamName, streamUrl } from '../../stream-key.js';
import { vid } from '../ids.js';
import { Source, type SourceName, type SourceOptions } from './source.js';

/** Returns a source's name with SRS's stream URL, which omits the default vhost. */
export function sourceName(name: StreamName): SourceName {
  const { vhost, app, stream } = name;
  return { vhost, app, stream, url: streamUrl(name) };
}

interface Held {
  readonly source: Source;
  users: number;
}

/**
 * All sources. A source exists while a client publishes or plays it, so there are no more than
 * clients.
 */
export class Sources {
  readonly #held = new Map<string, Held>();
  readonly #vhostIds = new Map<string, string>();

  list(): Source[] {
    return [...this.#held.values()].map(({ source }) => source);
  }

  find(id: string): Source | undefined {
    return this.list().find((source) => source.id === id);
  }

  at(url: string): Source | undefined {
    return this.#held.get(url)?.source;
  }

  /** Returns the number of clients of a source: its publisher and players. */
  users(source: Source): number {
    return this.#held.get(source.name.url)?.users ?? 0;
  }

  /** Finds or makes a source. Give it back with `release`. */
  acquire(name: SourceName, options: SourceOptions): Source {
    const known = this.#held.get(name.url);
    const held = known ?? { source: new Source(name, options), users: 0 };
    held.users++;
    this.#held.set(name.url, held);
    this.vhostId(name.vhost);
    return held.source;
  }

  release(source: Source): void {
    const held = this.#held.get(source.name.url);
    if (held?.source === source && --held.users === 0) this.#held.delete(source.name.url);
  }

  /** Returns all vhosts ever used, as SRS lists them. */
  vhosts(): string[] {
    return [...this.#vhostIds.keys()];
  }

  vhostId(name: string): string {
    const id = this.#vhostIds.get(name) ?? vid();
    this.#vhostIds.set(name, id);
    return id;
  }
}
