import type { Usher, UsherModule, UsherThread } from '../usher.js';
import { type ArrivalHost, type HandedBack, type Joined, NativeArrival } from './arrival.js';
import { close, EAGAIN, ECONNABORTED, EINTR, EPOLLIN, errno, errorName } from './libc.js';
import { Accepter } from './libc-sockets.js';
import { CHILD, CLIENT, type Watched } from './pair.js';
import type { Poller } from './poller.js';
import type { PairSetup, Report, Shared } from './protocol.js';
import { OwnSlots } from './slots.js';
import type { Scratch } from './wire.js';

/** Clients that one wake-up lets in, before others get their turn. */
const AT_ONCE = 64;
/** Where the system gives us no descriptor, another one is asked for after this long. */
const FULL_MS = 1000;

/** What the hall needs of its thread's loop. */
export interface HallLinks {
  readonly poller: Poller;
  readonly shared: Shared;
  readonly scratch: Scratch;
  /** Events of that slot go to the arrival; undefined: to nobody. */
  readonly seat: (slot: number, arrival: NativeArrival | undefined) => void;
  /** Relays a pair; `over` is told of its end. */
  readonly relay: (setup: PairSetup, watched: Watched, over: () => void) => void;
  readonly report: (report: Report) => void;
}

/** Where one thread lets clients in: accepts them, and has its usher see to them. */
export class Hall implements UsherThread, ArrivalHost {
  readonly poller: Poller;
  readonly scratch: Scratch;
  readonly #links: HallLinks;
  readonly #slots: OwnSlots;
  readonly #accepter = new Accepter();
  readonly #tag: number;
  #usher: Usher | null = null;
  #door = -1;
  /** When the door opens again; 0: it is open. */
  #openAt = 0;
  #generation = 0;
  #later: (() => void)[] = [];

  /** `tag`: of the events that `accept` is to hear of. */
  constructor(links: HallLinks, tag: number) {
    this.poller = links.poller;
    this.scratch = links.scratch;
    this.#links = links;
    this.#tag = tag;
    this.#slots = new OwnSlots(links.shared.counted);
  }

  employ({ makeUsher }: UsherModule, settings: unknown): void {
    this.shut();
    this.#usher = makeUsher(settings, this);
  }

  tell(message: unknown): void {
    this.#links.report({ kind: 'told', message });
  }

  open(fd: number): void {
    this.#door = fd;
    this.#openAt = 0;
    this.#links.poller.add(fd, EPOLLIN, this.#tag, 0);
  }

  shut(): void {
    if (this.#door >= 0) this.#links.poller.remove(this.#door);
    this.#door = -1;
  }

  hear(message: unknown): void {
    this.#usher?.hear(message);
  }

  tick(now: number): void {
    this.#slots.collect();
    if (this.#openAt > 0 && now >= this.#openAt) this.#pause(0);
    this.#usher?.tick(now);
  }

  /** Does what had to wait for the end of something else. */
  settle(): void {
    while (this.#later.length > 0) {
      const steps = this.#later;
      this.#later = [];
      for (const step of steps) step();
    }
  }

  accept(now: number): void {
    for (let count = 0; count < AT_ONCE && this.#door >= 0; count += 1) {
      const fd = this.#accepter.accept(this.#door);
      if (fd >= 0) this.#receive(fd);
      else if (!this.#goesOn(errno(), now)) return;
    }
  }

  /** Whether another client may be asked for after such an error. */
  #goesOn(number: number, now: number): boolean {
    if (number === ECONNABORTED || number === EINTR) return true;
    if (number === EAGAIN) return false;
    this.#pause(now + FULL_MS);
    this.#usher?.full(errorName(number));
    return false;
  }

  #pause(until: number): void {
    this.#openAt = until;
    if (this.#door < 0) return;
    this.#links.poller.modify(this.#door, until === 0 ? EPOLLIN : 0, this.#tag, 0);
  }

  #receive(fd: number): void {
    const slot = this.#slots.take();
    if (slot === null) {
      close(fd);
      return;
    }
    const { seat, shared } = this.#links;
    shared.ends[2 * slot + CLIENT] = fd + 1;
    this.#generation = (this.#generation + 1) | 0;
    const ids = { slot, generation: this.#generation, fd };
    const arrival = new NativeArrival(this, ids, this.#accepter.name);
    seat(slot, arrival);
    if (this.#usher === null || !arrival.watch()) arrival.close('end');
    else arrival.meet(this.#usher);
  }

  later(step: () => void): void {
    this.#later.push(step);
  }

  dialled({ slot }: NativeArrival, fd: number): void {
    this.#links.shared.ends[2 * slot + CHILD] = fd + 1;
  }

  join(arrival: NativeArrival, { ticket, watched, ...setup }: Joined): void {
    const { slot, generation } = arrival;
    this.#links.shared.counters.fill(0, 2 * slot, 2 * slot + 2);
    this.#slots.count(slot);
    this.#links.report({ kind: 'joined', slot, generation, ticket });
    this.#links.relay({ slot, generation, ...setup }, watched, () => this.#slots.rest(slot));
  }

  handBack(arrival: NativeArrival, handed: HandedBack): void {
    this.closed(arrival);
    this.#links.report({ kind: 'handedBack', ...handed });
  }

  closed({ slot }: NativeArrival): void {
    this.#links.shared.ends[2 * slot + CLIENT] = 0;
    this.#links.seat(slot, undefined);
    this.#slots.giveBack(slot);
  }
}
