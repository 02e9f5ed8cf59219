import { Arrivals } from './arrivals.js';
import { TrustedProxies } from './client-address.js';
import { PendingClients, type PendingEntry } from './pending.js';
import { type CountsShare, NO_ADDRESS, type Place, SharedCounts } from './shared-counts.js';

/** The limit that refused a connection; `drain`: the box ends and admits no client. */
export const LIMIT_NAMES = [
  'connections',
  'connectionsPerIp',
  'newConnectionsPerIp',
  'drain',
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** Most open connections, in all and per address (0: no limit per address). */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerIp: number;
  /** Most that come from an address in a second; default: 0, any number. */
  readonly newConnectionsPerIp?: number;
}

export interface BudgetOptions {
  /** Number of further threads that share the budget; default: 0. */
  readonly threads?: number;
  /** Addresses and networks exempt from the limits per address; default: none. */
  readonly exempt?: readonly string[];
  /** Those exempt from `connectionsPerIp` only; default: none. */
  readonly own?: readonly string[];
  /** Returns whether an address is exempt, on this thread only; default: none is. */
  readonly isExempt?: (ip: string) => boolean;
}

/** A budget in the form for another thread. */
export interface BudgetShare {
  readonly limits: ConnectionLimits;
  readonly exempt: readonly string[];
  readonly own: readonly string[];
  readonly counts: CountsShare;
  readonly arrivals: SharedArrayBuffer;
}

/** Counts that threads share. */
interface Shared {
  readonly counts: SharedCounts;
  readonly arrivals: Arrivals;
}

/** Room is made before the last place is taken: for one in `share` places, at most `most`. */
const HEADROOM = { share: 16, most: 256 };
/** Most pending clients that one newcomer may cost when all places are taken. */
const SHED_AT_ONCE = 4;
/** Unit of the times that threads share: 31 bits of it are six years. */
const TICK_MS = 100;
const EPOCH = Date.UTC(2025, 0);

/**
 * Limit of clients on all ports and threads together. If places are scarce, each newcomer costs the
 * pending client that has waited longest its place, on whatever thread. A client that is being
 * served keeps its place.
 */
export class ConnectionBudget implements ConnectionLimits {
  /** Tells another thread to call `heed`. */
  call: (member: number) => void = () => {};
  readonly #counts: SharedCounts;
  readonly #arrivals: Arrivals;
  readonly #addresses: { readonly exempt: readonly string[]; readonly own: readonly string[] };
  readonly #exempt: TrustedProxies;
  readonly #own: TrustedProxies;
  readonly #isExempt: (ip: string) => boolean;
  readonly #pending = new PendingClients((since) => {
    this.#counts.oldest = since === null ? 0 : Math.max(Math.floor((since - EPOCH) / TICK_MS), 1);
  });

  constructor(
    limits: ConnectionLimits,
    { threads = 0, exempt = [], own = [], isExempt = () => false }: BudgetOptions = {},
    { counts, arrivals }: Shared = made(1 + threads),
  ) {
    this.#counts = counts;
    this.#arrivals = arrivals;
    // Other threads read the limits of the one that made the counts.
    if (counts.member === 0) this.renew(limits);
    this.#addresses = { exempt, own };
    this.#exempt = new TrustedProxies(exempt);
    this.#own = new TrustedProxies(own);
    this.#isExempt = isExempt;
  }

  get connections(): number {
    return this.#counts.limit;
  }

  get connectionsPerIp(): number {
    return this.#counts.limitPerIp;
  }

  get newConnectionsPerIp(): number {
    return this.#arrivals.perSecond;
  }

  /** Clients on all threads that have not said what they want. */
  get pending(): number {
    return this.#counts.pending;
  }

  /** Clients that find a place before places are scarce. */
  get free(): number {
    return Math.max(this.connections - this.#headroom - this.#counts.open, 0);
  }

  /** Sets other limits on all threads, for clients that come from now on. */
  renew({ connections, connectionsPerIp, newConnectionsPerIp = 0 }: ConnectionLimits): void {
    this.#counts.setLimits(connections, connectionsPerIp);
    this.#arrivals.perSecond = newConnectionsPerIp;
  }

  /** Returns the same budget on the thread that got a share of it. */
  static join({ limits, exempt, own, counts, arrivals }: BudgetShare): ConnectionBudget {
    const shared = { counts: new SharedCounts(counts), arrivals: new Arrivals(arrivals) };
    return new ConnectionBudget(limits, { exempt, own }, shared);
  }

  /** Returns the share for a thread; numbers begin at 1. */
  share(member: number): BudgetShare {
    const { connections, connectionsPerIp } = this;
    const limits = { connections, connectionsPerIp };
    const counts = this.#counts.share(member);
    return { limits, ...this.#addresses, counts, arrivals: this.#arrivals.memory };
  }

  /** Counts a connection and returns its place, or the limit that refuses it. */
  take(ip: string): Place | LimitName {
    const place = this.#counts.placeOf(ip);
    // Counted before the check, so that two threads cannot both take the last place.
    this.#count(place, 1);
    const refusal = this.#refusalAt(place, ip);
    if (refusal === null) return place;
    this.#count(place, -1);
    return refusal;
  }

  /** Counts a connection that another program has admitted; returns its place. */
  readmit(ip: string): Place {
    const place = this.#counts.placeOf(ip);
    this.#count(place, 1);
    return place;
  }

  /** Admits nobody from now on, on any thread. */
  shut(): void {
    this.#counts.shut();
  }

  giveBack(place: Place): void {
    this.#count(place, -1);
  }

  /** Counts a connection for no address from now on, but in all; returns its new place. */
  vouch(place: Place): Place {
    this.#counts.addAt(place, -1);
    return NO_ADDRESS;
  }

  /** Takes over a connection that another thread has counted. */
  adopt(place: Place, member: number): void {
    this.#counts.adopt(place, member);
  }

  /** Removes the counts of a thread that has ended. */
  forget(member: number): void {
    this.#counts.forget(member);
  }

  /** Registers a pending client; `shed` closes it, gives its place back and removes it. */
  pend(since: number, shed: () => void): PendingEntry {
    this.#counts.addPending(1);
    return this.#pending.add(since, shed);
  }

  settle(client: PendingEntry): void {
    this.#counts.addPending(-1);
    this.#pending.remove(client);
  }

  /** Closes as many pending clients as other threads have requested. */
  heed(): void {
    for (let left = this.#counts.takeAsked(); left > 0 && this.#pending.shed(); left -= 1);
  }

  /** From so few free places on, they are scarce. */
  get #headroom(): number {
    return Math.min(Math.floor(this.connections / HEADROOM.share), HEADROOM.most);
  }

  #count(place: Place, by: 1 | -1): void {
    this.#counts.addOpen(by);
    this.#counts.addAt(place, by);
  }

  #refusalAt(place: Place, ip: string): LimitName | null {
    const { connections, connectionsPerIp } = this;
    if (this.#counts.isShut) return 'drain';
    const isOver = connectionsPerIp > 0 && this.#counts.countAt(place) > connectionsPerIp;
    if (isOver && !this.#own.has(ip) && this.#isLimited(ip)) return 'connectionsPerIp';
    if (!this.#arrivals.take(place) && this.#isLimited(ip)) return 'newConnectionsPerIp';
    const headroom = this.#headroom;
    // If all places are taken, a client of this thread is closed rather than waiting for another
    // thread.
    const isMade = this.#shedOwn();
    if (!isMade && this.#counts.open > connections - headroom) this.#makeRoom();
    // One more than came: otherwise a budget once full would stay so, and threads without a pending
    // client would find no place.
    if (this.#counts.open > connections - headroom / 2) this.#makeRoom();
    return this.#counts.open > connections ? 'connections' : null;
  }

  #isLimited(ip: string): boolean {
    return !this.#exempt.has(ip) && !this.#isExempt(ip);
  }

  /**
   * Closes pending clients of this thread while the total is over the limit; returns whether it
   * closed one. Several, because other threads count clients at the same moment.
   */
  #shedOwn(): boolean {
    let left = SHED_AT_ONCE;
    while (left > 0 && this.#counts.open > this.connections && this.#pending.shed()) left -= 1;
    return left < SHED_AT_ONCE;
  }

  /** Closes the oldest pending client of all threads, or has its thread close it. */
  #makeRoom(): void {
    const member = this.#counts.memberOfOldest();
    if (member === this.#counts.member) this.#pending.shed();
    else if (member !== null && this.#counts.ask(member)) this.call(member);
  }
}

function made(members: number): Shared {
  return { counts: SharedCounts.make(members), arrivals: new Arrivals() };
}
