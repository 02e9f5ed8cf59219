import type { Answerer, SessionEnd, UdpClient, UdpEndpoint } from '../udp.js';
import type { OwnBytes } from './protocol.js';

/** What the control side and the thread of a UDP relay say to each other, and what they share. */

/** Datagrams that the control side has yet to see: what comes beyond is dropped. */
export const MAX_STRANGERS = 1024;

export type UdpOrder =
  | {
      readonly kind: 'open';
      readonly slot: number;
      readonly generation: number;
      readonly client: UdpClient;
      readonly child: UdpEndpoint;
      readonly first: readonly Uint8Array[];
      readonly from: string | null;
      readonly mark: Uint8Array | null;
      /** The control side hears the child, until a `move`. */
      readonly held: boolean;
    }
  | {
      readonly kind: 'move';
      readonly slot: number;
      readonly generation: number;
      readonly client: UdpClient;
    }
  | {
      readonly kind: 'tell';
      readonly slot: number;
      readonly generation: number;
      readonly datagram: Uint8Array;
    }
  | { readonly kind: 'end'; readonly slot: number; readonly generation: number }
  | { readonly kind: 'answer'; readonly settings: unknown };

interface Stranger {
  readonly datagram: OwnBytes;
  readonly from: UdpEndpoint;
}

/** What the child of a held session sent. */
interface Heard {
  readonly slot: number;
  readonly generation: number;
  readonly datagram: OwnBytes;
}

export interface UdpReport {
  readonly strangers: readonly Stranger[];
  readonly heard: readonly Heard[];
  readonly ended: readonly { readonly slot: number; readonly end: SessionEnd }[];
  /** Why the thread could not be pinned to its CPU. */
  readonly unpinned?: string;
}

export interface UdpShared {
  readonly epoll: number;
  readonly wake: number;
  readonly cpu: number | null;
  /** The socket that clients send to, and its address family. */
  readonly socket: number;
  readonly family: number;
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
  /** How many datagrams, of strangers and of held sessions, are on their way to the control side. */
  readonly strangers: Int32Array;
  /** Each session's socket to its child; -1: none, or nobody's any more. */
  readonly sockets: Int32Array;
  /** Bytes of client to child, and of child to client, by slot. */
  readonly counters: Float64Array;
}
