import { EventEmitter } from 'node:events';
import { BOX_LOAD, type BoxLoad } from '../../box-load.js';
import type { ChildPorts } from '../../child/types.js';
import { messageOf } from '../../errors.js';
import { type Logger, silentLogger } from '../../logging/logger.js';
import { tell } from '../../logging/tell.js';
import type { Keys } from './keys.js';
import { SCRIPTS } from './scripts.js';
import type { Store } from './store.js';

/** A box's record for the others: plain JSON. */
export interface BoxRecord {
  readonly v: 1;
  /** Host at which the others reach its public ports. */
  readonly host: string;
  readonly ports: ChildPorts & {
    /** Port on which it accepts other boxes' connections to its children; 0: none. */
    readonly peer: number;
  };
  /** Its server id, the same after restarts. */
  readonly serverId: string;
  /** Absent: the box is of an older version, or has just begun. */
  readonly load?: BoxLoad;
}

export interface BoxesOptions {
  readonly store: Store;
  readonly keys: Keys;
  /** Id of this life of this box. */
  readonly box: string;
  /** Called at each beat, because ports are known only once they are bound. */
  readonly record: () => BoxRecord;
  readonly beatMs?: number;
  /** Milliseconds without a beat after which a box counts as dead. */
  readonly deadMs?: number;
  readonly logger?: Logger;
}

interface BoxesEvents {
  /** A box has missed its beats, or has left. */
  down: [box: string];
  /**
   * The store answers again after a silence, or has forgotten us, or a silent box has returned with
   * its streams: some streams may be claimed twice.
   */
  back: [];
}

/** Most silent boxes remembered, to recognise them when they return. */
const MAX_GONE = 100;

/**
 * The boxes that share the map. Each sends a beat once a second, and the same command reads all
 * others.
 */
export class Boxes extends EventEmitter<BoxesEvents> {
  /** Returns what this box carries, for the others; null: it is not known yet. */
  load: (() => BoxLoad) | null = null;
  readonly #options: Required<BoxesOptions>;
  #others = new Map<string, BoxRecord>();
  #timer: NodeJS.Timeout | null = null;
  #beating: Promise<void> = Promise.resolve();
  /** The store knew us and answered at the last beat. */
  #joined = false;
  readonly #gone = new Set<string>();
  /** A box returned at the last beat: it may still have claims to renew. */
  #isUnsettled = false;
  /** Until this time (performance.now) no box counts as dead. */
  #forgiveUntil = 0;

  constructor(options: BoxesOptions) {
    super();
    this.#options = { beatMs: 1000, deadMs: 3000, logger: silentLogger, ...options };
  }

  /** Resolves after the first beat. @throws ERR_REGISTRY_AWAY */
  async start(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => {
      this.#beating = this.#beat().catch((error: unknown) => this.#missed(error));
    }, this.#options.beatMs).unref();
  }

  /** Id of this life of this box. */
  /** True if the registry answered the last beat. */
  get isJoined(): boolean {
    return this.#joined;
  }

  get id(): string {
    return this.#options.box;
  }

  /** Host at which the others reach this box. */
  get host(): string {
    return this.#options.record().host;
  }

  /** Returns another box's record while it lives. */
  get(box: string): BoxRecord | null {
    return this.#others.get(box) ?? null;
  }

  /** Returns all other living boxes by id. */
  list(): ReadonlyMap<string, BoxRecord> {
    return this.#others;
  }

  /**
   * Notes that another server holds the map, which may lack the last writes: `back` follows the
   * next beat.
   */
  moved(): void {
    this.#isUnsettled = true;
  }

  /** Removes this box from the list, so that the others notice at once. */
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
    const own = this.load === null ? record() : { ...record(), load: this.load() };
    const args = [box, JSON.stringify(own), deadMs];
    const answer = (await store.run(SCRIPTS.beat, [keys.boxes], args)) as [number, string[]];
    const [known, rows] = answer;
    const wasKnown = Number(known) === 1;
    const isBack = this.#timer !== null && !(this.#joined && wasKnown);
    // The others could not beat either: each may need one more beat to be listed again.
    if (isBack) this.#forgiveUntil = performance.now() + deadMs;
    const wasUnsettled = this.#isUnsettled;
    this.#isUnsettled = this.#learn(rows);
    if (isBack) {
      const line = { level: 'info', message: 'registry answers: all claims are renewed' } as const;
      tell(this.#options.logger, { type: 'registry-back' }, line);
    }
    this.#joined = true;
    if (isBack || wasUnsettled) this.emit('back');
  }

  #missed(error: unknown): void {
    if (this.#joined) {
      const line = { level: 'warn', message: 'registry away: running streams go on' } as const;
      tell(this.#options.logger, { type: 'registry-away', reason: messageOf(error) }, line);
    }
    this.#joined = false;
  }

  /**
   * Takes rows of id and record in turn; records of other versions are skipped. Returns true if a
   * box has returned.
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

/** Parses `time record`, as the script stores it. */
function readRecord(text: string): BoxRecord | null {
  try {
    const { load: told, ...record } = JSON.parse(text.slice(text.indexOf(' ') + 1));
    const { data: load } = BOX_LOAD.safeParse(told);
    return record.v === 1 ? { ...record, ...(load !== undefined && { load }) } : null;
  } catch {
    return null;
  }
}
