import type { SetupHandler, SetupModule, SetupThread } from '../client-setup.js';
import type { ClientWatch } from '../client-watch.js';
import type { Epoll } from './epoll.js';
import { close, EAGAIN, ECONNABORTED, EINTR, EPOLLIN, errno, errorName } from './libc.js';
import { AcceptCall } from './libc-sockets.js';
import { CHILD, CLIENT, type Watched } from './pair.js';
import { type Joined, NativePendingClient, type PendingClientHost } from './pending-client.js';
import type { PairSetup, Report, Shared } from './protocol.js';
import type { Scratch } from './setup-socket.js';
import { OwnSlots } from './slots.js';

/** Clients that one wake-up lets in, before others get their turn. */
const AT_ONCE = 64;
/** Time until another descriptor is asked for, where the system has given us none. */
const FULL_MS = 1000;

/** The thread's loop, as the acceptor uses it. */
export interface AcceptorLinks {
  readonly poller: Epoll;
  readonly shared: Shared;
  readonly scratch: Scratch;
  /** Sends the events of that slot to the pending client; undefined: to nobody. */
  readonly assign: (slot: number, pending: NativePendingClient | undefined) => void;
  /** Relays a pair; `over` is told of its end. */
  readonly relay: (setup: PairSetup, watched: Watched, over: () => void) => void;
  readonly report: (report: Report) => void;
}

/** Accepts one thread's clients and hands each to the setup handler. */
export class Acceptor implements SetupThread, PendingClientHost {
  readonly poller: Epoll;
  readonly scratch: Scratch;
  readonly #links: AcceptorLinks;
  readonly #slots: OwnSlots;
  readonly #acceptCall = new AcceptCall();
  readonly #tag: number;
  #handler: SetupHandler | null = null;
  #listening = -1;
  /** When accepting goes on; 0: it does not pause. */
  #openAt = 0;
  #generation = 0;
  #later: (() => void)[] = [];

  /** `tag`: of the events that `accept` is to hear of. */
  constructor(links: AcceptorLinks, tag: number) {
    this.poller = links.poller;
    this.scratch = links.scratch;
    this.#links = links;
    this.#tag = tag;
    this.#slots = new OwnSlots(links.shared.counted);
  }

  employ({ makeSetupHandler }: SetupModule, settings: unknown): void {
    this.shut();
    this.#handler = makeSetupHandler(settings, this);
  }

  tell(message: unknown): void {
    this.#links.report({ kind: 'told', message });
  }

  open(fd: number): void {
    this.#listening = fd;
    this.#openAt = 0;
    this.#links.poller.add(fd, EPOLLIN, this.#tag, 0);
  }

  shut(): void {
    if (this.#listening >= 0) this.#links.poller.remove(this.#listening);
    this.#listening = -1;
  }

  /** Makes a watch of that state; null: there is no handler to do it. */
  watch(state: unknown): ClientWatch | null {
    return this.#handler?.watch(state) ?? null;
  }

  hear(message: unknown): void {
    this.#handler?.hear(message);
  }

  tick(now: number): void {
    this.#slots.collect();
    if (this.#openAt > 0 && now >= this.#openAt) this.#pause(0);
    this.#handler?.tick(now);
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
    for (let count = 0; count < AT_ONCE && this.#listening >= 0; count += 1) {
      const fd = this.#acceptCall.accept(this.#listening);
      if (fd >= 0) this.#receive(fd);
      else if (!this.#goesOn(errno(), now)) return;
    }
  }

  /** Answers whether another client may be asked for after such an error. */
  #goesOn(number: number, now: number): boolean {
    if (number === ECONNABORTED || number === EINTR) return true;
    if (number === EAGAIN) return false;
    this.#pause(now + FULL_MS);
    this.#handler?.full(errorName(number));
    return false;
  }

  #pause(until: number): void {
    this.#openAt = until;
    if (this.#listening < 0) return;
    this.#links.poller.modify(this.#listening, until === 0 ? EPOLLIN : 0, this.#tag, 0);
  }

  #receive(fd: number): void {
    const slot = this.#slots.take();
    if (slot === null) {
      close(fd);
      return;
    }
    const { assign, shared } = this.#links;
    shared.ends[2 * slot + CLIENT] = fd + 1;
    this.#generation = (this.#generation + 1) | 0;
    const ids = { slot, generation: this.#generation, fd };
    const client = new NativePendingClient(this, ids, this.#acceptCall.name);
    assign(slot, client);
    if (this.#handler === null || !client.watch()) client.close('end');
    else client.meet(this.#handler);
  }

  later(step: () => void): void {
    this.#later.push(step);
  }

  dialled({ slot }: NativePendingClient, fd: number): void {
    this.#links.shared.ends[2 * slot + CHILD] = fd + 1;
  }

  join(client: NativePendingClient, { ticket, watched, ...setup }: Joined): void {
    const { slot, generation } = client;
    this.#links.shared.counters.fill(0, 2 * slot, 2 * slot + 2);
    this.#slots.count(slot);
    this.#links.report({ kind: 'joined', slot, generation, at: Date.now(), ticket });
    this.#links.relay({ slot, generation, ...setup }, watched, () => this.#slots.rest(slot));
  }

  handBack(pending: NativePendingClient, client: number, ticket: number, about: unknown): void {
    this.closed(pending);
    this.#links.report({ kind: 'handedBack', client, ticket, about });
  }

  closed({ slot }: NativePendingClient): void {
    this.#links.shared.ends[2 * slot + CLIENT] = 0;
    this.#links.assign(slot, undefined);
    this.#slots.giveBack(slot);
  }
}
