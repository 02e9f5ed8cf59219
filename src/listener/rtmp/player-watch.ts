import type { Identified } from '../../protocol/rtmp/identify.js';
import { PlayerWatch, type Renamed } from '../../protocol/rtmp/player-watch.js';
import type { ClientWatch, Heard } from '../../relay/client-watch.js';
import { newIdentifier, type ServerRules } from './talk.js';

/** A relayed player, from which its watch can be made again. */
export interface WatchedPlayer {
  readonly identified: Identified;
  /** Id of its connection. */
  readonly id: string;
  /** IP address that it has connected to. */
  readonly localIp: string;
}

/** Hears a relayed player, and recalls it where it names another stream. */
export class RelayedPlayer implements ClientWatch {
  readonly #rules: ServerRules;
  readonly #client: Omit<WatchedPlayer, 'identified'>;
  #player: WatchedPlayer | null;
  /** Made when the player first says something: most only ever listen. */
  #watch: PlayerWatch | null = null;
  #renamed: Renamed | null = null;

  constructor(rules: ServerRules, player: WatchedPlayer) {
    this.#rules = rules;
    const { id, localIp } = player;
    this.#client = { id, localIp };
    this.#player = player;
  }

  hear(bytes: Buffer): Heard {
    this.#watch ??= this.#begin();
    const heard = this.#watch?.hear(bytes) ?? 'lost';
    if (heard === 'pass') return 'pass';
    this.#watch = null;
    if (heard === 'lost') return 'done';
    this.#renamed = heard;
    return 'recall';
  }

  stays(): void {
    const identified = this.#renamed?.identified;
    if (identified) this.#player = { ...this.#client, identified };
  }

  passed(bytes: Buffer): void {
    if (this.#player === null) return;
    const { identified } = this.#player;
    const recorded = Buffer.concat([identified.recorded, bytes]);
    this.#player = { ...this.#player, identified: { ...identified, recorded } };
  }

  /** A `WatchedPlayer`. */
  get state(): WatchedPlayer | null {
    return this.#player;
  }

  /** A `Renamed`, once the player is recalled. */
  get about(): Renamed | null {
    return this.#renamed;
  }

  #begin(): PlayerWatch | null {
    if (this.#player === null) return null;
    const { identified, id, localIp } = this.#player;
    this.#player = null;
    const watch = new PlayerWatch(identified, () => newIdentifier(this.#rules, id, localIp));
    return watch.isReady ? watch : null;
  }
}
