import type { Identified } from '../../protocol/rtmp/identify.js';
import { type Renamed, StreamWatch } from '../../protocol/rtmp/stream-watch.js';
import type { ClientWatch, Heard } from '../../relay/client-watch.js';
import { newIdentifier, type ServerRules } from './talk.js';

/** A relayed client, from which its watch can be made again. */
export interface WatchedClient {
  readonly identified: Identified;
  /** Id of its connection. */
  readonly id: string;
  /** IP address that it has connected to. */
  readonly localIp: string;
}

/** Hears a relayed client, and recalls it where it names another stream. */
export class RelayedClient implements ClientWatch {
  readonly #rules: ServerRules;
  readonly #connection: Omit<WatchedClient, 'identified'>;
  #client: WatchedClient | null;
  /** Made when the client first says something: most players only ever listen. */
  #watch: StreamWatch | null = null;
  #renamed: Renamed | null = null;
  before = 0;

  constructor(rules: ServerRules, client: WatchedClient) {
    this.#rules = rules;
    const { id, localIp } = client;
    this.#connection = { id, localIp };
    this.#client = client;
  }

  hear(bytes: Buffer): Heard {
    this.#watch ??= this.#begin();
    const { outcome, before } = this.#watch?.hear(bytes) ?? { outcome: 'lost', before: 0 };
    if (outcome === 'pass') return 'pass';
    this.#watch = null;
    if (outcome === 'lost') return 'done';
    this.#renamed = outcome;
    this.before = before;
    return 'recall';
  }

  stays(): void {
    const identified = this.#renamed?.identified;
    if (identified) this.#client = { ...this.#connection, identified };
  }

  passed(bytes: Buffer): void {
    if (this.#client === null) return;
    const { identified } = this.#client;
    const recorded = Buffer.concat([identified.recorded, bytes]);
    this.#client = { ...this.#client, identified: { ...identified, recorded } };
  }

  /** A `WatchedClient`. */
  get state(): WatchedClient | null {
    return this.#client;
  }

  /** A `Renamed`, once the client is recalled. */
  get about(): Renamed | null {
    return this.#renamed;
  }

  #begin(): StreamWatch | null {
    if (this.#client === null) return null;
    const { identified, id, localIp } = this.#client;
    this.#client = null;
    const watch = new StreamWatch(identified, () => newIdentifier(this.#rules, id, localIp));
    return watch.isReady ? watch : null;
  }
}
