import { TrustedProxies } from './client-address.js';
import { PendingClients, type PendingEntry } from './pending.js';
import { type CountsShare, NO_ADDRESS, type Place, SharedCounts } from './shared-counts.js';

/** The limit that refused a connection; `drain`: the box ends, and lets nobody in any more. */
export type LimitName = 'connections' | 'connectionsPerIp' | 'drain';

/** How many connections may be open, in all and from one address (0: any number). */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerIp: number;
}

export interface BudgetOptions {
  /** Threads that share it, besides the one that makes it; default: none. */
  readonly threads?: number;
  /** Addresses and networks that `connectionsPerIp` does not hold for; default: none. */
  readonly exempt?: readonly string[];
  /** Whether it does not hold for that address either; default: it does. Of this thread alone. */
  readonly isExempt?: (ip: string) => boolean;
}

/** A budget as it is handed to another thread. */
export interface BudgetShare {
  readonly limits: ConnectionLimits;
  readonly exempt: readonly string[];
  readonly counts: CountsShare;
}

/** Room is made before the last place is taken: of so many places one, but no more than these. */
const HEADROOM = { share: 16, most: 256 };
/** Pending clients that one newcomer may cost at the very limit. */
const SHED_AT_ONCE = 4;
/** The unit that threads tell each other times in: 31 bits of it are six years. */
const TICK_MS = 100;
const EPOCH = Date.UTC(2025, 0);

/**
 * How many clients may be here, on all ports and threads together. Where places are scarce, each
 * client that comes costs the one its place that has waited longest without saying what it wants,
 * whichever thread has it. Whoever is being served keeps its place.
 */
export class ConnectionBudget implements ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerIp: number;
  /** Tells another thread that it is asked to `heed`. */
  call: (member: number) => void = () => {};
  readonly #counts: SharedCounts;
  readonly #exempt: readonly string[];
  readonly #exempted: TrustedProxies;
  readonly #isExempt: (ip: string) => boolean;
  readonly #pending = new PendingClients((since) => {
    this.#counts.oldest = since === null ? 0 : Math.max(Math.floor((since - EPOCH) / TICK_MS), 1);
  });

  constructor(
    { connections, connectionsPerIp }: ConnectionLimits,
    { threads = 0, exempt = [], isExempt = () => false }: BudgetOptions = {},
    counts = SharedCounts.make(1 + threads),
  ) {
    this.connections = connections;
    this.connectionsPerIp = connectionsPerIp;
    this.#counts = counts;
    this.#exempt = exempt;
    this.#exempted = new TrustedProxies(exempt);
    this.#isExempt = isExempt;
  }

  /** The same budget, on the thread that was given a share of it. */
  static join({ limits, exempt, counts }: BudgetShare): ConnectionBudget {
    return new ConnectionBudget(limits, { exempt }, new SharedCounts(counts));
  }

  /** For the thread of that number, from 1 on. */
  share(member: number): BudgetShare {
    const { connections, connectionsPerIp } = this;
    const limits = { connections, connectionsPerIp };
    return { limits, exempt: this.#exempt, counts: this.#counts.share(member) };
  }

  /** Counts a connection in, and answers where; or by which limit it cannot come in. */
  take(ip: string): Place | LimitName {
    const place = this.#counts.placeOf(ip);
    // Counted first and looked at then: two threads cannot both take the last place.
    this.#count(place, 1);
    const refusal = this.#refusalAt(place, ip);
    if (refusal === null) return place;
    this.#count(place, -1);
    return refusal;
  }

  /** From here on nobody is let in, on any thread. */
  shut(): void {
    this.#counts.shut();
  }

  giveBack(place: Place): void {
    this.#count(place, -1);
  }

  /** From here on a connection is counted in all, but for no address; answers its new place. */
  vouch(place: Place): Place {
    this.#counts.addAt(place, -1);
    return NO_ADDRESS;
  }

  /** A connection that another thread has counted in is this one's from here on. */
  adopt(place: Place, member: number): void {
    this.#counts.adopt(place, member);
  }

  /** A thread is no more, nor are its clients. */
  forget(member: number): void {
    this.#counts.forget(member);
  }

  /** A client has not said yet what it wants: `shed` closes it, gives its place back and leaves. */
  pend(since: number, shed: () => void): PendingEntry {
    return this.#pending.add(since, shed);
  }

  settle(client: PendingEntry): void {
    this.#pending.remove(client);
  }

  /** Closes as many pending clients as other threads have asked for. */
  heed(): void {
    for (let left = this.#counts.takeAsked(); left > 0 && this.#pending.shed(); left -= 1);
  }

  #count(place: Place, by: 1 | -1): void {
    this.#counts.addOpen(by);
    this.#counts.addAt(place, by);
  }

  #refusalAt(place: Place, ip: string): LimitName | null {
    const { connections, connectionsPerIp } = this;
    if (this.#counts.isShut) return 'drain';
    const isOver = connectionsPerIp > 0 && this.#counts.countAt(place) > connectionsPerIp;
    if (isOver && !this.#exempted.has(ip) && !this.#isExempt(ip)) return 'connectionsPerIp';
    const headroom = Math.min(Math.floor(connections / HEADROOM.share), HEADROOM.most);
    // At the very limit nobody waits for another thread to close one, where one of ours can go.
    const isMade = this.#shedOwn();
    if (!isMade && this.#counts.open > connections - headroom) this.#makeRoom();
    // One more than came: else what was filled once would stay so, and threads without a pending client
    // of their own would find no place.
    if (this.#counts.open > connections - headroom / 2) this.#makeRoom();
    return this.#counts.open > connections ? 'connections' : null;
  }

  /**
   * Closes pending clients of this thread while there are too many in all; answers whether it closed
   * one. Several, because other threads count clients in at the same moment.
   */
  #shedOwn(): boolean {
    let left = SHED_AT_ONCE;
    while (left > 0 && this.#counts.open > this.connections && this.#pending.shed()) left -= 1;
    return left < SHED_AT_ONCE;
  }

  /** Closes the oldest pending client of all threads, or has it closed. */
  #makeRoom(): void {
    const member = this.#counts.memberOfOldest();
    if (member === this.#counts.member) this.#pending.shed();
    else if (member !== null && this.#counts.ask(member)) this.call(member);
  }
}
