import type { FeedModule } from '../fanout.js';
import type { RelayEnd } from '../relay.js';
import { StallWatch } from '../stall.js';
import type { Epoll } from './epoll.js';
import { NativeFeed } from './feed.js';
import { close } from './libc.js';
import type { FeedOrder, Report, Shared, ViewOrder } from './protocol.js';
import type { Scratch } from './setup-socket.js';
import { NativeViewer } from './viewer.js';

/** A feed or a viewer, by its slot. */
type Holder = NativeFeed | NativeViewer;

/** The thread's loop, as its fan-out uses it. */
export interface FanoutLinks {
  readonly poller: Epoll;
  readonly shared: Shared;
  readonly scratch: Scratch;
  /** Sends the events of that slot to a feed or a viewer; undefined: to nobody. */
  readonly assign: (slot: number, holder: Holder | undefined) => void;
  readonly report: (report: Report) => void;
}

/** The feeds of one thread, and their viewers. */
export class Fanout {
  readonly #links: FanoutLinks;
  readonly #holders = new Map<number, Holder>();
  readonly #stalls = new StallWatch<NativeViewer>();

  constructor(links: FanoutLinks) {
    this.#links = links;
  }

  /** Opens a feed, which viewers may join; `begin` has it read. */
  open(order: FeedOrder): void {
    const { poller, scratch, shared } = this.#links;
    const feed = new NativeFeed(order, {
      poller,
      scratch,
      counters: shared.counters,
      over: (one, end) => this.#over(one, end),
      stuck: (viewer) => this.#stalls.add(viewer, performance.now()),
    });
    this.#holders.set(order.slot, feed);
    this.#links.assign(order.slot, feed);
  }

  /** Reads a feed with a reader of that module, if it has not ended meanwhile. */
  begin({ slot, generation }: FeedOrder, module: FeedModule): void {
    this.#feedAt(slot, generation)?.begin(module);
  }

  /** Serves a viewer. One whose feed has ended meanwhile ends with its first bytes. */
  view(order: ViewOrder): void {
    const { slot, client, feedSlot, feedGeneration } = order;
    const feed = this.#feedAt(feedSlot, feedGeneration);
    if (feed === null) {
      this.#clear(slot);
      this.#links.report({ kind: 'ended', slot, end: 'closed' });
      close(client);
      return;
    }
    const viewer = new NativeViewer(order, feed);
    this.#holders.set(slot, viewer);
    this.#links.assign(slot, viewer);
    feed.add(viewer, viewer.watch(this.#links.poller));
  }

  /** Ends the feed or the viewer at a slot. */
  end(slot: number, end: RelayEnd): void {
    this.#holders.get(slot)?.end(end);
  }

  /** See `Feed.forget`. */
  forget(slot: number): void {
    const one = this.#holders.get(slot);
    if (one instanceof NativeFeed) one.ring.index.forget();
  }

  tick(now: number): void {
    for (const viewer of this.#stalls.stalled(now)) viewer.end('stalled');
    for (const one of this.#holders.values()) if (one instanceof NativeFeed) one.tick(now);
  }

  #feedAt(slot: number, generation: number): NativeFeed | null {
    const feed = this.#holders.get(slot);
    return feed instanceof NativeFeed && feed.generation === generation ? feed : null;
  }

  #over(one: Holder, end: RelayEnd): void {
    if (one instanceof NativeViewer) this.#stalls.remove(one);
    this.#holders.delete(one.slot);
    this.#links.assign(one.slot, undefined);
    this.#clear(one.slot);
    const { slot } = one;
    if (one instanceof NativeViewer && end === 'recalled') {
      this.#links.report({ kind: end, slot, ...one.recalled });
    } else {
      this.#links.report({ kind: 'ended', slot, end });
    }
  }

  /** The numbers may be other files' from here on: should this thread die, they must stay open. */
  #clear(slot: number): void {
    this.#links.shared.ends.fill(0, 2 * slot, 2 * slot + 2);
  }
}
