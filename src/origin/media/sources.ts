import { DEFAULT_VHOST, type StreamName } from '../../stream-key.js';
import { vid } from '../ids.js';
import { Source, type SourceName, type SourceOptions } from './source.js';

/** SRS's stream url: the default vhost is left out. */
export function sourceName({ vhost, app, stream }: StreamName): SourceName {
  const prefix = vhost === DEFAULT_VHOST ? '' : vhost;
  return { vhost, app, stream, url: `${prefix}/${app}/${stream}` };
}

interface Held {
  readonly source: Source;
  users: number;
}

/** All sources. One lives as long as somebody publishes or plays it, so they are as few as clients. */
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

  /** Clients that use a source now: its publisher and its players. */
  users(source: Source): number {
    return this.#held.get(source.name.url)?.users ?? 0;
  }

  /** Finds or makes a source; give it back with `release`. */
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

  /** Vhosts that were ever used, as SRS lists them. */
  vhosts(): string[] {
    return [...this.#vhostIds.keys()];
  }

  vhostId(name: string): string {
    const id = this.#vhostIds.get(name) ?? vid();
    this.#vhostIds.set(name, id);
    return id;
  }
}
