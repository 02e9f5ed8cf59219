import type { Answerer, SessionEnd, UdpClient, UdpEndpoint } from '../udp.js';
import type { OwnBytes } from './protocol.js';

/** The messages between the control side and the thread of a UDP relay, and their shared memory. */

/** Datagrams that the control side has yet to see: what comes beyond is dropped. */
export const MAX_STRANGERS = 1024;

/** A session, by its place and by the count of those that had it. */
export interface SessionRef {
  readonly slot: number;
  readonly generation: number;
}

interface OpenOrder extends SessionRef {
  readonly kind: 'open';
  readonly client: UdpClient;
  readonly child: UdpEndpoint;
  readonly first: readonly Uint8Array[];
  readonly from: string | null;
  readonly mark: Uint8Array | null;
  /** The control side hears the child, until a `move`. */
  readonly held: boolean;
}

/** Goes on with a session of the program before this one. */
interface TakeOrder extends SessionRef {
  readonly kind: 'take';
  readonly client: UdpClient;
  readonly socket: number;
  readonly mark: Uint8Array | null;
}

export type UdpOrder =
  | OpenOrder
  | TakeOrder
  | (SessionRef & { readonly kind: 'move'; readonly client: UdpClient })
  | (SessionRef & { readonly kind: 'tell'; readonly datagram: Uint8Array })
  | (SessionRef & { readonly kind: 'end' })
  | { readonly kind: 'answer'; readonly settings: unknown };

interface Stranger {
  readonly datagram: OwnBytes;
  readonly from: UdpEndpoint;
}

/** A datagram from the child of a held session. */
interface Heard extends SessionRef {
  readonly datagram: OwnBytes;
}

export interface UdpReport {
  readonly strangers: readonly Stranger[];
  readonly heard: readonly Heard[];
  readonly ended: readonly { readonly slot: number; readonly end: SessionEnd }[];
  /** The reason that the thread could not be pinned to its CPU. */
  readonly unpinned?: string;
}

export interface UdpShared {
  readonly epoll: number;
  readonly wake: number;
  readonly cpu: number | null;
  /** The socket that clients send to, and its address family. */
  readonly socket: number;
  readonly family: number;
  /** The family, where clients may reach the port at several addresses of ours; else null. */
  readonly localFamily: number | null;
  readonly idleMs: number;
  /** -1: none, as in `farewell`. */
  readonly tagAt: number;
  readonly farewell: number;
  /** 0: none is. */
  readonly checkedBelow: number;
  readonly answerer: Answerer | null;
  readonly gatherMs: number;
  /** 1 at index 0: stop. */
  readonly stop: Int32Array;
  /** The number of datagrams, of strangers and held sessions, on their way to the control side. */
  readonly strangers: Int32Array;
  /** Each session's socket to its child; -1: none, or nobody's any more. */
  readonly sockets: Int32Array;
  /** Bytes of client to child, and of child to client, by slot. */
  readonly counters: Float64Array;
}
