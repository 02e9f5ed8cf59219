import type { ClientWatch } from '../client-watch.js';
import type { IdlePlace } from '../idle.js';
import type { KeptPair } from '../kept.js';
import { type RelayEnd, STALL_MS } from '../relay.js';
import { Direction, type DirectionContext, type Moved } from './direction.js';
import type { Epoll } from './epoll.js';
import { close, EPOLLERR, EPOLLET, EPOLLIN, EPOLLOUT, resetOnClose } from './libc.js';
import type { PairSetup } from './protocol.js';

/** The two sides of a pair. A descriptor's tag is twice its slot, plus its side. */
export const CLIENT = 0;
export const CHILD = 1;

/** The events that epoll watches already, for the pending client; null: it does not watch. */
export interface Watched {
  readonly client: number | null;
  readonly child: number | null;
}

const UNWATCHED: Watched = { client: null, child: null };

/** Two descriptors and the bytes between them. It is the one place that closes them. */
export class Pair {
  readonly slot: number;
  readonly generation: number;
  readonly idleMs: number;
  readonly stallMs: number;
  /** When bytes last came, on the thread's clock. */
  activeAt = 0;
  idlePlace: IdlePlace | null = null;
  /** Told of its end, if the client was let in here. */
  over: (() => void) | null = null;
  /** Called when the watch recalls the client; `letGo` or `stay` goes on with that. */
  onRecall: (() => void) | null = null;
  readonly #poller: Epoll;
  readonly #client: number;
  readonly #child: number;
  readonly #clientWatch: ClientWatch | null;
  readonly #oneWay: boolean;
  readonly #up: Direction;
  readonly #down: Direction;
  #clientMask = 0;
  #childMask = 0;
  /** The child has been told that its client, which is recalled, has ended. */
  #isLetGo = false;

  constructor(poller: Epoll, context: DirectionContext, setup: PairSetup) {
    const { slot, generation, client, child, oneWay = false, watch, before } = setup;
    this.#poller = poller;
    this.slot = slot;
    this.generation = generation;
    this.idleMs = setup.idleMs;
    this.stallMs = setup.stallMs ?? STALL_MS;
    this.#client = client;
    this.#child = child;
    this.#clientWatch = watch;
    this.#oneWay = oneWay;
    const ended = before?.clientEnded ?? false;
    const up = { from: client, to: child, drops: oneWay, watch, ended };
    this.#up = new Direction(context, up, 2 * slot, setup.toChild);
    const down = { from: child, to: client, watch: null, ended: before?.childEnded ?? false };
    this.#down = new Direction(context, down, 2 * slot + 1, setup.toClient);
  }

  /** Bytes wait for the client. */
  get isStuck(): boolean {
    return this.#down.blocked;
  }

  /** The client that was recalled, and its watch's note. */
  get recalled(): { client: number; about: unknown } {
    return { client: this.#client, about: this.#clientWatch?.about };
  }

  /** Bytes that the client has been sent. */
  get sent(): number {
    return this.#down.moved;
  }

  /** Sends what must go first, as far as there is room, and has both sides watched. */
  start(watched: Watched = UNWATCHED): RelayEnd | null {
    const end = this.#sendFirst(this.#down) ?? this.#sendFirst(this.#up);
    if (end !== null) return end;
    this.#clientMask = maskFor(this.#up, this.#down);
    this.#childMask = maskFor(this.#down, this.#up);
    const isWatched =
      this.#watchFor(this.#client, CLIENT, this.#clientMask, watched.client) &&
      this.#watchFor(this.#child, CHILD, this.#childMask, watched.child);
    return isWatched ? null : 'destroyed';
  }

  #watchFor(fd: number, side: number, mask: number, before: number | null): boolean {
    if (mask === before) return true;
    const tag = 2 * this.slot + side;
    return before === null
      ? this.#poller.add(fd, mask, tag, this.generation)
      : this.#poller.modify(fd, mask, tag, this.generation);
  }

  /** Acts on what epoll saw on one side. Answers an end when it is over. */
  handle(side: number, events: number): RelayEnd | null {
    const away = side === CLIENT ? this.#up : this.#down;
    if (events === EPOLLIN && away.reading) {
      const moved = away.pull();
      return moved === 'moved' ? null : this.#settle(away, moved);
    }
    return this.#handleRest(side, events, away);
  }

  /** Tells the child of a recalled client that this has ended. Answers an end when it is over. */
  letGo(): RelayEnd | null {
    if (!this.#up.recalled) return null;
    this.#isLetGo = true;
    this.#up.tellEnd();
    return this.#recallEnd();
  }

  /** Keeps a recalled client. Answers an end when it is over. */
  stay(): RelayEnd | null {
    if (!this.#up.recalled || this.#isLetGo) return null;
    this.#up.stay();
    const end = this.#settle(this.#up, this.#up.flush());
    // The child may have ended meanwhile.
    return end ?? (this.#down.ended ? 'closed' : null);
  }

  /**
   * Closes both descriptors; resets the other side of a broken one, and a stalled client. A
   * recalled client stays open.
   */
  close(end: RelayEnd): void {
    this.#up.drop();
    this.#down.drop();
    if (end === 'client-reset') resetOnClose(this.#child);
    if (end === 'child-reset' || end === 'stalled') resetOnClose(this.#client);
    close(this.#child);
    if (end === 'recalled') this.#poller.remove(this.#client);
    else close(this.#client);
  }

  /**
   * Returns all that another program needs to go on with the pair, whose descriptors are its own
   * from then on; null for one whose client is being recalled.
   */
  give(now: number): Omit<KeptPair, 'bytesIn' | 'bytesOut'> | null {
    if (this.#up.recalled) return null;
    return {
      client: this.#client,
      child: this.#child,
      toClient: this.#down.unsent(),
      toChild: this.#up.unsent(),
      clientEnded: this.#up.ended,
      childEnded: this.#down.ended,
      oneWay: this.#oneWay,
      idleMs: this.idleMs,
      stallMs: this.stallMs,
      quietMs: now - this.activeAt,
    };
  }

  #sendFirst(way: Direction): RelayEnd | null {
    return way.blocked ? this.#endBy(way, way.flush()) : null;
  }

  #handleRest(side: number, events: number, away: Direction): RelayEnd | null {
    const towards = side === CLIENT ? this.#down : this.#up;
    if (events & EPOLLOUT && towards.blocked) {
      const end = this.#settle(towards, towards.flush());
      if (end) return end;
    }
    if ((events & ~EPOLLOUT) === 0) return null;
    if (away.reading) return this.#settle(away, away.pull());
    if ((events & EPOLLERR) === 0) return null;
    return side === CLIENT ? 'client-reset' : 'child-reset';
  }

  #settle(way: Direction, moved: Moved): RelayEnd | null {
    const end = this.#endBy(way, moved);
    if (end === null) this.#watch();
    return end;
  }

  #endBy(way: Direction, moved: Moved): RelayEnd | null {
    const ofClient = way === this.#up;
    if (moved === 'near-broken') return ofClient ? 'client-reset' : 'child-reset';
    if (moved === 'far-broken') return ofClient ? 'child-reset' : 'client-reset';
    if (moved === 'recalled') this.onRecall?.();
    if (this.#up.recalled) return this.#recallEnd();
    if (this.#up.ended && this.#down.ended) return 'closed';
    if (moved === 'ended') way.tellEnd();
    return null;
  }

  #recallEnd(): RelayEnd | null {
    return this.#isLetGo && this.#down.ended ? 'recalled' : null;
  }

  /** Tells epoll what matters now: a side is read from only while the other one takes it. */
  #watch(): void {
    const client = maskFor(this.#up, this.#down);
    const child = maskFor(this.#down, this.#up);
    const { slot, generation } = this;
    if (client !== this.#clientMask) {
      this.#poller.modify(this.#client, client, 2 * slot + CLIENT, generation);
    }
    if (child !== this.#childMask) {
      this.#poller.modify(this.#child, child, 2 * slot + CHILD, generation);
    }
    this.#clientMask = client;
    this.#childMask = child;
  }
}

/** Edge-triggered where nothing is read: a hang-up cannot be masked, and would never be quiet. */
function maskFor(away: Direction, towards: Direction): number {
  return (away.reading ? EPOLLIN : EPOLLET) | (towards.blocked ? EPOLLOUT : 0);
}
