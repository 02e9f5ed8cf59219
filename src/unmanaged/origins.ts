import { EventEmitter } from 'node:events';
import type { ChildRef, ChildStatus } from '../child/types.js';
import type { LoopClock } from '../clock/loop.js';
import { codeOf, isOwnFault, messageOf, SupervisorError } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import type { Registration } from './registration.js';

/** An origin as others see it: a child like any, but that somebody else started it. */
export interface OriginStatus extends ChildStatus {
  readonly host: string;
  /** SRS's own id of it. */
  readonly server: string;
}

/** The end of one life of an origin. */
export interface OriginDown extends ChildRef {
  readonly reason: string;
}

export interface OriginsOptions {
  /** After so long without a heartbeat an origin is taken as gone. */
  readonly ttlMs: number;
  /** Opens a TCP connection and closes it; rejects with the system's error, or for being too late. */
  readonly reach: (host: string, port: number) => Promise<void>;
  /** Whether that is our own RTMP port: to dial it would have no end. */
  readonly isOwn?: (host: string, port: number) => boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /** How late we ourselves were; default: never. */
  readonly loop?: Pick<LoopClock, 'lateSince'>;
  readonly logger?: Logger;
}

/** One place that origins live in, one after the other. */
interface Entry {
  readonly id: string;
  registration: Registration;
  generation: number;
  restarts: number;
  state: 'ready' | 'failed' | 'stopped';
  /** False once nothing answers in time, though nobody refuses either. */
  answering: boolean;
  /** Of the last heartbeat; of the end, where it has ended. */
  at: number;
  lastError: string | null;
  probe: Promise<void> | null;
}

/** Known ones, gone ones included. The ICE ufrag has room for as many. */
export const MAX_ORIGINS = 256;
const TICK_MS = 1000;
/** So late we ourselves cannot say who did not answer in time. */
const LATE_MS = 500;
/** How long one that is gone is still shown. */
const SHOWN_MS = 10 * 60_000;

/**
 * The origins that register with us. Each heartbeat renews one; `down` tells of each life that has
 * ended: restarted, expired, refused or removed.
 */
export class Origins extends EventEmitter<{ down: [OriginDown] }> {
  readonly #options: OriginsOptions;
  readonly #now: () => number;
  readonly #logger: Logger;
  readonly #entries = new Map<string, Entry>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: OriginsOptions) {
    super();
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#logger = options.logger ?? silentLogger;
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  /** Takes a heartbeat; null where there is room for no more origins. @throws ERR_PROTOCOL for ourselves */
  register(registration: Registration): OriginStatus | null {
    const { host, ports } = registration;
    if (this.#options.isOwn?.(host, ports.rtmp)) {
      const text = `register: ${host} port ${ports.rtmp} is the supervisor's own RTMP port`;
      throw new SupervisorError('ERR_PROTOCOL', text);
    }
    const entry = this.#find(registration) ?? this.#make(registration);
    if (entry === null) return null;
    const isSame = isSameProcess(entry.registration, registration);
    // Removed by hand: it beats on, and is back when it is started again.
    if (entry.state === 'stopped' && isSame) return this.#show(entry);
    if (!isSame) this.#end(entry, 'failed', 'another process has taken its place');
    if (entry.state !== 'ready') this.#begin(entry, registration);
    entry.registration = registration;
    entry.answering = true;
    entry.at = this.#now();
    return this.#show(entry);
  }

  /** Takes an origin out by its id, or by SRS's id of it; false where there is none. */
  remove(name: string): boolean {
    const entry = [...this.#entries.values()].find(
      ({ id, registration, state }) =>
        state === 'ready' && (id === name || registration.server === name),
    );
    if (entry !== undefined) this.#end(entry, 'stopped', 'unregistered');
    return entry !== undefined;
  }

  /**
   * Somebody could not connect to one of its ports: it is asked for another connection, and out at
   * once where that is refused, until its next heartbeat.
   */
  suspect({ id, generation }: ChildRef): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'ready' || entry.generation !== generation) return Promise.resolve();
    entry.probe ??= this.#probe(entry).finally(() => {
      entry.probe = null;
    });
    return entry.probe;
  }

  /** Whether any is there now. */
  get areAny(): boolean {
    for (const { state } of this.#entries.values()) if (state === 'ready') return true;
    return false;
  }

  /** In the order of their ids. */
  statuses(): OriginStatus[] {
    const since = this.#now() - SHOWN_MS;
    return [...this.#entries.values()]
      .filter(({ state, at }) => state === 'ready' || at > since)
      .map((entry) => this.#show(entry));
  }

  status(id: string): OriginStatus | null {
    const entry = this.#entries.get(id);
    return entry === undefined ? null : this.#show(entry);
  }

  /** Ends those that have not been heard of for too long. Runs by itself once a second. */
  tick(): void {
    // While we stood still nobody could be heard: that time is not theirs.
    const { ttlMs } = this.#options;
    const since = this.#now() - ttlMs - this.#lateSince(this.#now() - ttlMs);
    for (const entry of this.#entries.values()) {
      if (entry.state === 'ready' && entry.at < since) {
        this.#end(entry, 'failed', `no heartbeat for ${ttlMs / 1000} s`);
      }
    }
  }

  /** The one at that address; one that is gone and had that server id; one that has just moved. */
  #find(registration: Registration): Entry | undefined {
    const entries = [...this.#entries.values()];
    const here = entries.find((entry) => isSamePlace(entry.registration, registration));
    if (here !== undefined) return here;
    const same = entries.filter((entry) => entry.registration.server === registration.server);
    // It may have moved, and it may be a copy with the same id: the earlier address will tell.
    for (const entry of same) void this.suspect(entry);
    return same.find(({ state }) => state !== 'ready');
  }

  /** A new one, or the place of the one that has been gone the longest. */
  #make(registration: Registration): Entry | null {
    if (this.#entries.size >= MAX_ORIGINS) {
      const gone = [...this.#entries.values()].filter(({ state }) => state !== 'ready');
      return gone.sort((a, b) => a.at - b.at)[0] ?? null;
    }
    const id = `o${String(this.#entries.size + 1).padStart(3, '0')}`;
    const life = { generation: 0, restarts: -1, state: 'failed' as const, answering: true };
    const entry = { id, registration, ...life, at: 0, lastError: null, probe: null };
    this.#entries.set(id, entry);
    return entry;
  }

  #begin(entry: Entry, registration: Registration): void {
    entry.state = 'ready';
    entry.generation += 1;
    entry.restarts += 1;
    const { server, host, ports } = registration;
    this.#logger.info({ origin: entry.id, server, host, ports }, 'origin registered');
  }

  #end(entry: Entry, state: 'failed' | 'stopped', reason: string): void {
    if (entry.state !== 'ready') return;
    const { id, generation } = entry;
    entry.state = state;
    entry.at = this.#now();
    entry.lastError = reason;
    this.#logger.warn({ origin: id, generation, reason }, 'origin is gone');
    this.emit('down', { id, generation, reason });
  }

  async #probe(entry: Entry): Promise<void> {
    const { generation, registration } = entry;
    const { host, ports } = registration;
    const askedAt = this.#now();
    const error: unknown = await this.#options.reach(host, ports.rtmp).then(
      () => null,
      (reason: unknown) => reason,
    );
    const isOurs = isOwnFault(error) || this.#lateSince(askedAt) >= LATE_MS;
    if (entry.generation !== generation || (error !== null && isOurs)) return;
    entry.answering = error === null;
    // Its machine says that nobody listens there. Any other error may be the way's: heartbeats decide.
    if (codeOf(error) === 'ECONNREFUSED') this.#end(entry, 'failed', messageOf(error));
  }

  #lateSince(at: number): number {
    return this.#options.loop?.lateSince(at) ?? 0;
  }

  #show(entry: Entry): OriginStatus {
    const { id, registration, generation, restarts, state, answering, lastError } = entry;
    const { host, server, ports, cpu } = registration;
    const pid = state === 'ready' ? registration.pid : null;
    const usage = { cpus: [], cpu, rss: 0 };
    const health = answering ? ('ok' as const) : ('silent' as const);
    const life = { generation, restarts, state, answering, health, lastError };
    return { id, pid, ...usage, host, server, ports, ...life };
  }
}

function isSameProcess(one: Registration, other: Registration): boolean {
  return one.service === other.service && one.pid === other.pid && one.server === other.server;
}

function isSamePlace(one: Registration, other: Registration): boolean {
  return one.host === other.host && one.ports.rtmp === other.ports.rtmp;
}
