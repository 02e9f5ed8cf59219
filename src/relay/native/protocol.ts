import type { RelayEnd } from '../relay.js';

/** What the control side and a relay thread say to each other, and the memory they share. */

/** Pairs of one thread. */
export const SLOTS = 128 * 1024;
/** Pipes of one thread: ways that are stuck beyond that are copied, in small pieces. */
const PIPES = 1024;

/** Whose descriptors a slot's are: the thread's while open, nobody's after. */
export const SLOT_CLOSED = 0;
export const SLOT_OPEN = 1;

/** Bytes in a buffer of their own, which can be moved to another thread. */
export type OwnBytes = Uint8Array<ArrayBuffer>;

export interface JoinOrder {
  readonly kind: 'join';
  readonly slot: number;
  readonly generation: number;
  readonly client: number;
  readonly child: number;
  readonly toClient: OwnBytes | null;
  readonly toChild: OwnBytes | null;
  readonly oneWay?: boolean;
  readonly idleMs: number;
}

export interface EndOrder {
  readonly kind: 'end';
  readonly slot: number;
  readonly generation: number;
}

export type Order = JoinOrder | EndOrder;

export interface Ended {
  readonly slot: number;
  readonly end: RelayEnd;
}

export type Report =
  | { readonly kind: 'ended'; readonly pairs: readonly Ended[] }
  | { readonly kind: 'unpinned'; readonly reason: string };

/** Given to a thread at its birth. The memory is zeros until touched, so its size costs nothing. */
export interface Shared {
  readonly epoll: number;
  /** An eventfd: raised when there are orders, or when it is time to stop. */
  readonly wake: number;
  readonly cpu: number | null;
  /** 1 at index 0: stop. */
  readonly stop: Int32Array;
  readonly states: Int32Array;
  /** Bytes of client to child, and of child to client, by slot. */
  readonly counters: Float64Array;
  /** Both ends of every pipe; -1: none. */
  readonly pipes: Int32Array;
}

export function createShared(epoll: number, wake: number, cpu: number | null): Shared {
  return {
    epoll,
    wake,
    cpu,
    stop: new Int32Array(new SharedArrayBuffer(4)),
    states: new Int32Array(new SharedArrayBuffer(4 * SLOTS)),
    counters: new Float64Array(new SharedArrayBuffer(2 * 8 * SLOTS)),
    pipes: new Int32Array(new SharedArrayBuffer(2 * 4 * PIPES)).fill(-1),
  };
}
