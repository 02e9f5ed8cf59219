import { Histogram } from '../../collections/histogram.js';
import type { ClientWatch } from '../client-watch.js';
import type { RingBounds } from '../fanout.js';
import type { KeptPair } from '../kept.js';
import type { RelayEnd } from '../relay.js';

/** The messages between the control side and a relay thread, and the memory that they share. */

/** Pairs of one thread that the control side hands it; as many more it may let in itself. */
export const SLOTS = 128 * 1024;
export const ALL_SLOTS = 2 * SLOTS;
/** Most pipes of one thread: ways that are stuck beyond that are copied, in small pieces. */
export const PIPES = 1024;

/** Bounds of the time that a thread's turn takes, in seconds. */
export const LAG_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5];

/** Bytes in a buffer of their own, which can be moved to another thread. */
export type OwnBytes = Uint8Array<ArrayBuffer>;

/** Two descriptors to relay, and what each side gets first. */
export interface PairSetup {
  readonly slot: number;
  readonly generation: number;
  readonly client: number;
  readonly child: number;
  readonly toClient: Uint8Array | null;
  readonly toChild: Uint8Array | null;
  readonly oneWay?: boolean;
  readonly idleMs: number;
  /** Default: `STALL_MS`. */
  readonly stallMs?: number;
  readonly watch: ClientWatch | null;
  /** The state of a pair that was relayed before; absent: it begins. */
  readonly before?: PairPast;
}

/** History of a pair that was relayed before. */
export interface PairPast {
  readonly clientEnded: boolean;
  readonly childEnded: boolean;
  readonly quietMs: number;
}

interface JoinOrder extends Omit<PairSetup, 'watch'> {
  readonly kind: 'join';
  /** The state of the pair's watch; undefined: it has none. */
  readonly watchState: unknown;
  readonly toClient: OwnBytes | null;
  readonly toChild: OwnBytes | null;
}

/**
 * End a pair, a feed or a viewer (`end`), go on with a recalled client, which leaves the child or
 * stays, or have no viewer begin at what a feed has brought so far (`forget`).
 */
export interface PairOrder {
  readonly kind: 'end' | 'let-go' | 'stay' | 'forget';
  readonly slot: number;
  readonly generation: number;
}

/** Load a module, and let it bring clients in. */
export interface EmployOrder {
  readonly kind: 'employ';
  readonly module: string;
  readonly settings: unknown;
}

/** A message of the control thread to the handler. */
interface SayOrder {
  readonly kind: 'say';
  readonly message: unknown;
}

/** Load a module, and read a child's connection into a ring. */
export interface FeedOrder {
  readonly kind: 'feed';
  readonly slot: number;
  readonly generation: number;
  /** An empty memfd. */
  readonly memory: number;
  readonly child: number;
  /** Bytes that were read from the child already. */
  readonly first: Uint8Array;
  readonly module: string;
  readonly settings: unknown;
  readonly ring: RingBounds;
  readonly idleMs: number;
}

/** Serve a client from a feed's ring. */
export interface ViewOrder {
  readonly kind: 'view';
  readonly slot: number;
  readonly generation: number;
  readonly client: number;
  readonly feedSlot: number;
  readonly feedGeneration: number;
  readonly toClient: Uint8Array;
  /** Bytes that were read from the client already. */
  readonly said: Uint8Array;
  /** Settings of its hearer; undefined: it is not heard. */
  readonly hearer: unknown;
  readonly stallMs: number;
}

/** Give all pairs away, and end. */
interface GiveOrder {
  readonly kind: 'give';
}

export type Order =
  | JoinOrder
  | PairOrder
  | EmployOrder
  | SayOrder
  | FeedOrder
  | ViewOrder
  | GiveOrder;

export type Report =
  | { readonly kind: 'ended'; readonly slot: number; readonly end: RelayEnd }
  /** A pair's watch has recalled its client. */
  | { readonly kind: 'recall'; readonly slot: number; readonly about: unknown }
  /** The pair's child has ended; its client's descriptor is the control side's. */
  | {
      readonly kind: 'recalled';
      readonly slot: number;
      readonly client: number;
      readonly about: unknown;
    }
  | { readonly kind: 'unpinned'; readonly reason: string }
  /** A pair that the handler brought together is relayed. */
  | {
      readonly kind: 'joined';
      readonly slot: number;
      readonly generation: number;
      /** Milliseconds since 1970. */
      readonly at: number;
      readonly ticket: number;
    }
  | {
      readonly kind: 'handedBack';
      readonly client: number;
      readonly ticket: number;
      readonly about: unknown;
    }
  | { readonly kind: 'told'; readonly message: unknown }
  /** All pairs, whose descriptors are the control side's. The thread ends. */
  | { readonly kind: 'given'; readonly pairs: readonly SlotPair[] };

/** A pair that a thread has given away, and the slot that it had. */
export interface SlotPair extends Omit<KeptPair, 'bytesIn' | 'bytesOut'> {
  readonly slot: number;
}

/** Given to a thread at its birth. The memory is zeros until touched, so its size costs nothing. */
export interface Shared {
  readonly epoll: number;
  /** An eventfd: raised when there are orders, or when it is time to stop. */
  readonly wake: number;
  readonly cpu: number | null;
  /** The thread's id in the kernel at index 0; 0: not known. */
  readonly tid: Int32Array;
  /** Memory of the histogram of its turns, whose bounds are `LAG_BOUNDS`. */
  readonly lag: Float64Array;
  /** 1 at index 0: stop. */
  readonly stop: Int32Array;
  /** 1 for each slot of the thread's own in which the control side counts a pair. */
  readonly counted: Int32Array;
  /** The thread's descriptors, client and child by slot: each a number plus 1, or 0. */
  readonly ends: Int32Array;
  /** Bytes of client to child, and of child to client, by slot. */
  readonly counters: Float64Array;
  /** Both ends of every pipe; -1: none. */
  readonly pipes: Int32Array;
}

export interface ThreadSettings {
  /** Null: any. */
  readonly cpu: number | null;
  /** The number of pipes that it may have. */
  readonly pipes: number;
}

export function createShared(epoll: number, wake: number, { cpu, pipes }: ThreadSettings): Shared {
  return {
    epoll,
    wake,
    cpu,
    tid: new Int32Array(new SharedArrayBuffer(4)),
    lag: new Float64Array(new SharedArrayBuffer(8 * Histogram.sizeFor(LAG_BOUNDS))),
    stop: new Int32Array(new SharedArrayBuffer(4)),
    counted: new Int32Array(new SharedArrayBuffer(4 * ALL_SLOTS)),
    ends: new Int32Array(new SharedArrayBuffer(2 * 4 * ALL_SLOTS)),
    counters: new Float64Array(new SharedArrayBuffer(2 * 8 * ALL_SLOTS)),
    pipes: new Int32Array(new SharedArrayBuffer(2 * 4 * pipes)).fill(-1),
  };
}
