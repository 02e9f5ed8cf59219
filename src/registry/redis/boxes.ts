import { EventEmitter } from 'node:events';
import type { ChildPorts } from '../../child/types.js';
import { messageOf } from '../../errors.js';
import { type Logger, silentLogger } from '../../logging/logger.js';
import type { Keys } from './keys.js';
import { SCRIPTS } from './scripts.js';
import type { Store } from './store.js';

/** What a box tells the others of itself: plain JSON. */
export interface BoxRecord {
  readonly v: 1;
  /** Where the others reach its public ports. */
  readonly host: string;
  readonly ports: ChildPorts & {
    /** Where other boxes come for its children; 0: it lets none in. */
    readonly peer: number;
  };
  /** Its server id, the same over restarts. */
  readonly serverId: string;
}

export interface BoxesOptions {
  readonly store: Store;
  readonly keys: Keys;
  /** This life of this box. */
  readonly box: string;
  /** Asked at each beat: ports are known once they are bound. */
  readonly record: () => BoxRecord;
  readonly beatMs?: number;
  /** A box that was not heard of for so long is dead. */
  readonly deadMs?: number;
  readonly logger?: Logger;
}

interface BoxesEvents {
  /** A box has gone silent, or has said that it goes. */
  down: [box: string];
  /**
   * The store answers again after a silence, or it has forgotten us, or a box that was silent has come
   * back with its streams: what is claimed may be claimed twice.
   */
  back: [];
}

/** Boxes that went silent are known again, the last so many. */
const MAX_GONE = 100;

/** The boxes that share the map: each says once a second that it lives, in one command for both ways. */
export class Boxes extends EventEmitter<BoxesEvents> {
  readonly #options: Required<BoxesOptions>;
  #others = new Map<string, BoxRecord>();
  #timer: NodeJS.Timeout | null = null;
  #beating: Promise<void> = Promise.resolve();
  /** The store has known us, and answered last time. */
  #joined = false;
  readonly #gone = new Set<string>();
  /** A box has come back since the last beat but one: it may still be about to claim what it has. */
  #isUnsettled = false;
  /** Until then nobody is taken for dead. */
  #forgiveUntil = 0;

  constructor(options: BoxesOptions) {
    super();
    this.#options = { beatMs: 1000, deadMs: 3000, logger: silentLogger, ...options };
  }

  /** Resolves when the first beat is noted. @throws ERR_REGISTRY_AWAY */
  async start(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => {
      this.#beating = this.#beat().catch((error: unknown) => this.#missed(error));
    }, this.#options.beatMs).unref();
  }

  /** Of this box in its present life. */
  get id(): string {
    return this.#options.box;
  }

  /** Where the others reach this box. */
  get host(): string {
    return this.#options.record().host;
  }

  /** Another box, while it lives. */
  get(box: string): BoxRecord | null {
    return this.#others.get(box) ?? null;
  }

  /** All others that live, by their ids. */
  list(): ReadonlyMap<string, BoxRecord> {
    return this.#others;
  }

  /** The store is another server, which may lack what was written last: `back` follows the next beat. */
  moved(): void {
    this.#isUnsettled = true;
  }

  /** Takes us off the list, so that the others need not wait for our silence. */
  async close(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    await this.#beating;
    const { store, keys, box } = this.#options;
    await store.run(SCRIPTS.leave, [keys.boxes], [box]).catch(() => {});
  }

  async #beat(): Promise<void> {
    const { store, keys, box, record, deadMs } = this.#options;
    const args = [box, JSON.stringify(record()), deadMs];
    const answer = (await store.run(SCRIPTS.beat, [keys.boxes], args)) as [number, string[]];
    const [known, rows] = answer;
    const wasKnown = Number(known) === 1;
    const isBack = this.#timer !== null && !(this.#joined && wasKnown);
    // The others have been away as long as we: each may need a beat to be known again.
    if (isBack) this.#forgiveUntil = performance.now() + deadMs;
    const wasUnsettled = this.#isUnsettled;
    this.#isUnsettled = this.#learn(rows);
    if (isBack) this.#options.logger.info('registry answers: all claims are renewed');
    this.#joined = true;
    if (isBack || wasUnsettled) this.emit('back');
  }

  #missed(error: unknown): void {
    if (this.#joined) {
      this.#options.logger.warn({ reason: messageOf(error) }, 'registry away: what runs goes on');
    }
    this.#joined = false;
  }

  /**
   * Rows of id and record in turn; other versions' records are passed over. Answers whether a box has
   * come back.
   */
  #learn(rows: readonly string[]): boolean {
    const others = new Map<string, BoxRecord>();
    for (let at = 0; at + 1 < rows.length; at += 2) {
      const [id = '', text = ''] = rows.slice(at, at + 2);
      const record = id === this.#options.box ? null : readRecord(text);
      if (record !== null) others.set(id, record);
    }
    const isForgiving = performance.now() < this.#forgiveUntil;
    for (const [id, record] of isForgiving ? this.#others : []) {
      if (!others.has(id)) others.set(id, record);
    }
    const gone = [...this.#others.keys()].filter((id) => !others.has(id));
    const returned = [...others.keys()].filter((id) => this.#gone.delete(id));
    this.#others = others;
    for (const id of gone) this.#lose(id);
    return returned.length > 0;
  }

  #lose(box: string): void {
    const [oldest = ''] = this.#gone;
    if (this.#gone.size >= MAX_GONE) this.#gone.delete(oldest);
    this.#gone.add(box);
    this.emit('down', box);
  }
}

/** `time record`, as the script keeps it. */
function readRecord(text: string): BoxRecord | null {
  try {
    const record = JSON.parse(text.slice(text.indexOf(' ') + 1)) as Partial<BoxRecord>;
    return record.v === 1 ? (record as BoxRecord) : null;
  } catch {
    return null;
  }
}
