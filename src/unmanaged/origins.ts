/**
 * The room `unmanaged/`: SRS origins that somebody else started, and that register here.
 * May import: api, child, child-access, clock, collections, config, listener, logging, openapi,
 * protocol, system.
 */

import { EventEmitter } from 'node:events';
import type { LoopClock } from '../clock/loop.js';
import { TokenBuckets } from '../collections/token-buckets.js';
import { codeOf, isOwnFault, messageOf, SupervisorError } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';
import type { OwnerRef } from '../owner.js';
import { everySeconds } from '../system/every-seconds.js';
import {
  enter,
  type Introduction,
  introduced,
  isLiving,
  type OriginEntry,
  type OriginStatus,
  type Sign,
  statusOf,
} from './entry.js';
import { type ApiAddress, isSameProcess, type OriginLife } from './life.js';
import { Places, type PlacesOptions } from './places.js';
import { Refusals } from './refusals.js';
import { Refused } from './refused.js';
import type { Registration } from './registration.js';

/** The end of one life of an origin. */
export interface OriginDown extends OwnerRef {
  readonly reason: string;
}

export interface OriginsOptions extends PlacesOptions {
  /** Milliseconds without a heartbeat after which an origin is down. */
  readonly ttlMs: number;
  /** Performs an RTMP handshake. Rejects with the system's error if the connection fails. */
  readonly reach: (host: string, port: number) => Promise<void>;
  /** Asks an HTTP API which process it is. */
  readonly lifeAt: (address: ApiAddress) => Promise<OriginLife>;
  /** Reports whether the address is our own RTMP port: dialling it would loop for ever. */
  readonly isOwn?: (host: string, port: number) => boolean;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** Clock of our own event loop's lateness; default: never late. */
  readonly loop?: Pick<LoopClock, 'lateSince'>;
  readonly logger?: Logger;
}

/** Milliseconds of our own lateness from which we cannot judge an origin's silence. */
const LATE_MS = 500;
/** Milliseconds for which an ended origin stays in the list. */
const SHOWN_MS = 10 * 60_000;
/** Lives per second that heartbeats of one sender may begin, after a burst of two per origin. */
const LIVES_PER_SECOND = 2;

/**
 * The origins that register with us. Each heartbeat renews one. A life begins when the origin has
 * answered an RTMP handshake and its HTTP API has proved its identity. `down` reports the end of a
 * life: restarted, expired, refused or removed.
 */
export class Origins extends EventEmitter<{ down: [OriginDown] }> {
  /** Origins whose registration failed. */
  readonly refusals: Refusals;
  readonly #options: OriginsOptions;
  readonly #now: () => number;
  readonly #logger: Logger;
  readonly #places: Places;
  readonly #lives: TokenBuckets;
  #stop = () => {};

  constructor(options: OriginsOptions) {
    super();
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#logger = options.logger ?? silentLogger;
    this.refusals = new Refusals(this.#logger);
    this.#places = new Places(options);
    const burst = 2 * options.perAddress;
    this.#lives = new TokenBuckets({ burst, perSecond: LIVES_PER_SECOND, now: this.#now });
  }

  async start(): Promise<void> {
    this.#stop();
    this.#stop = everySeconds(1, () => this.tick());
  }

  async close(): Promise<void> {
    this.#stop();
  }

  /** Takes a heartbeat. @throws Refused; ERR_PROTOCOL for our own address */
  async register(registration: Registration, introduction: Introduction): Promise<OriginStatus> {
    const { host, ports } = registration;
    if (this.#options.isOwn?.(host, ports.rtmp)) {
      const text = `register: ${host} port ${ports.rtmp} is the supervisor's own RTMP port`;
      throw new SupervisorError('ERR_PROTOCOL', text);
    }
    await this.#settle(registration, introduction);
    const entry = this.#find(registration) ?? this.#places.free(registration, introduction);
    const isSame = isSameProcess(entry.registration, registration);
    // It was removed by hand and still beats: it returns when its process is restarted.
    if (entry.state === 'stopped' && isSame) return statusOf(entry);
    if (!(isLiving(entry) && isSame)) this.#begin(entry, registration, introduction);
    entry.introduction = introduced(entry.introduction, introduction);
    // A process keeps its ports, so later heartbeats change only the load.
    entry.registration = { ...entry.registration, cpu: registration.cpu };
    entry.at = this.#now();
    if (entry.awaited.has('rtmp') || entry.faults.has('rtmp')) void this.#look(entry);
    return statusOf(entry);
  }

  /** Removes an origin by its id or its SRS server id; false if there is none. */
  remove(name: string): boolean {
    const entry = [...this.#places].find(
      (one) => isLiving(one) && (one.id === name || one.registration.server === name),
    );
    if (entry !== undefined) this.#end(entry, 'stopped', 'unregistered');
    return entry !== undefined;
  }

  /**
   * Handles a client's failed connection: the origin's RTMP port is probed, and the origin is down
   * if it refuses. Its next heartbeat brings it back.
   */
  async suspect(ref: OwnerRef): Promise<void> {
    const entry = this.#living(ref);
    if (entry !== null) await this.#look(entry);
  }

  /** Notes the result of a request to its HTTP API; null: success. */
  note(ref: OwnerRef, fault: string | null): void {
    const entry = this.#living(ref);
    if (entry !== null) this.#note(entry, 'api', fault);
  }

  /** True if any origin is alive. */
  get areAny(): boolean {
    for (const entry of this.#places) if (isLiving(entry)) return true;
    return false;
  }

  /** Ordered by id. */
  statuses(): OriginStatus[] {
    const since = this.#now() - SHOWN_MS;
    return [...this.#places].filter((entry) => isLiving(entry) || entry.at > since).map(statusOf);
  }

  status(id: string): OriginStatus | null {
    const entry = this.#places.get(id);
    return entry === undefined ? null : statusOf(entry);
  }

  /** Returns the process that must answer its HTTP API, and the `Authorization` (null: none). */
  access(id: string): { life: OriginLife; authorization: string | null } | null {
    const entry = this.#places.get(id);
    if (entry === undefined) return null;
    return { life: entry.registration, authorization: entry.introduction.authorization };
  }

  /** Ends origins without a heartbeat for too long. Runs once a second. */
  tick(): void {
    // Heartbeats during our own standstill were lost: that time is not counted.
    const { ttlMs } = this.#options;
    const since = this.#now() - ttlMs - this.#lateSince(this.#now() - ttlMs);
    for (const entry of this.#places) {
      if (isLiving(entry) && entry.at < since) {
        this.#end(entry, 'failed', `no heartbeat for ${ttlMs / 1000} s`);
      }
    }
  }

  #living({ id, generation }: OwnerRef): OriginEntry | null {
    const entry = this.#places.get(id);
    return entry && isLiving(entry) && entry.generation === generation ? entry : null;
  }

  /**
   * Refuses another process at an address whose process still answers, or that the configuration
   * names. @throws Refused
   */
  async #settle(registration: Registration, { sender }: Introduction): Promise<void> {
    const entry = this.#places.at(registration);
    if (entry === undefined || !isLiving(entry) || sender === null) return;
    const { registration: known, introduction, id } = entry;
    if (isSameProcess(known, registration)) return;
    const { host, ports } = known;
    const api = { host, port: ports.api, authorization: introduction.authorization };
    const isThere =
      ports.api === 0
        ? introduction.sender !== sender
        : await this.#options.lifeAt(api).then(
            (life) => isSameProcess(life, known),
            () => false,
          );
    if (!isThere) return;
    throw new Refused(409, `${host} port ${ports.rtmp} is that of ${id}, which is still there`);
  }

  /** Finds the entry at that address, or a dead one with the same server id. */
  #find(registration: Registration): OriginEntry | undefined {
    const here = this.#places.at(registration);
    if (here !== undefined) return here;
    const same = this.#places.ofServer(registration.server);
    // The origin may have moved, or this is a copy with the same id: the earlier address is probed.
    for (const entry of same) if (isLiving(entry)) void this.#look(entry);
    return same.find((entry) => !isLiving(entry));
  }

  /** @throws Refused if its sender has begun too many lives */
  #begin(entry: OriginEntry, registration: Registration, introduction: Introduction): void {
    const { sender } = introduction;
    if (sender !== null) this.#places.admit(entry, sender);
    if (sender !== null && !this.#lives.take(sender)) {
      throw new Refused(429, `${sender} restarts its origins too often`);
    }
    this.#end(entry, 'failed', 'another process has taken its place');
    this.#places.keep(entry);
    Object.assign(entry, { registration, introduction });
    enter(entry, 'starting');
    entry.generation += 1;
    entry.restarts += 1;
    entry.faults.clear();
    entry.awaited.add('rtmp');
    const { server, host, ports } = registration;
    if (ports.api !== 0) entry.awaited.add('api');
    this.#logger.info({ origin: entry.id, server, host, ports }, 'origin registered');
  }

  #end(entry: OriginEntry, state: 'failed' | 'stopped', reason: string): void {
    if (!isLiving(entry)) return;
    const { id, generation } = entry;
    enter(entry, state, reason);
    entry.at = this.#now();
    entry.faults.clear();
    entry.awaited.clear();
    this.#logger.warn({ origin: id, generation, reason }, 'origin is gone');
    this.emit('down', { id, generation, reason });
  }

  /** Probes an origin, one probe at a time. Never rejects. */
  #look(entry: OriginEntry): Promise<void> {
    entry.probe ??= this.#probe(entry).finally(() => {
      entry.probe = null;
    });
    return entry.probe;
  }

  async #probe(entry: OriginEntry): Promise<void> {
    const { id, generation, registration } = entry;
    const { host, ports } = registration;
    const askedAt = this.#now();
    const error: unknown = await this.#options.reach(host, ports.rtmp).then(
      () => null,
      (reason: unknown) => reason,
    );
    const isOurs = isOwnFault(error) || this.#lateSince(askedAt) >= LATE_MS;
    if (this.#living({ id, generation }) === null || (error !== null && isOurs)) return;
    // A refused connection means that nothing listens, but an origin may send a heartbeat before it
    // listens. Any other error may be the network's, so heartbeats decide.
    const isGone = codeOf(error) === 'ECONNREFUSED' && entry.state === 'ready';
    if (isGone) this.#end(entry, 'failed', messageOf(error));
    else this.#note(entry, 'rtmp', error === null ? null : messageOf(error));
  }

  #lateSince(at: number): number {
    return this.#options.loop?.lateSince(at) ?? 0;
  }

  #note(entry: OriginEntry, sign: Sign, fault: string | null): void {
    const { id, faults, awaited } = entry;
    const known = faults.get(sign) ?? null;
    const wasFaulty = faults.size > 0;
    if (fault === null) {
      faults.delete(sign);
      awaited.delete(sign);
    } else faults.set(sign, fault);
    if (wasFaulty !== faults.size > 0) entry.since = Date.now();
    if (fault !== null && fault !== known) {
      this.#logger.warn({ origin: id, reason: fault }, 'origin gets no new streams');
    }
    if (faults.size > 0 || awaited.size > 0 || (entry.state === 'ready' && known === null)) return;
    if (entry.state !== 'ready') enter(entry, 'ready');
    const { generation } = entry;
    const fields = { origin: id, generation };
    const line = { level: 'info', message: 'origin serves', fields } as const;
    tell(this.#logger, { type: 'child-up', child: id, generation, pid: null }, line);
  }
}
