/**
 * The room `relay/`: moves bytes between two sockets and knows nothing of streams.
 * May import: collections, config, logging, system.
 */

import type { Server, Socket } from 'node:net';
import type { Histogram } from '../collections/histogram.js';
import type { SetupThreads } from './client-setup.js';
import type { ClientWatch } from './client-watch.js';
import type { FanoutThreads } from './fanout.js';
import type { KeepingEngine } from './kept.js';
import type { RelayedConnection } from './relayed.js';

export type { RelayEnd, RelayedConnection } from './relayed.js';

/**
 * Time that bytes may wait for a client that takes none of them. SRS itself gives up an RTMP player
 * after 30 s and an HTTP player never; a phone that changes its network is back sooner.
 */
export const STALL_MS = 60_000;

/** Two connected sockets, and the bytes that one side must get before anything else. */
export interface RelayPair {
  readonly client: Socket;
  readonly child: Socket;
  /** Sent to the client before what the child sends. */
  readonly toClient?: Buffer;
  /** Sent to the child before what the client sends. */
  readonly toChild?: Buffer;
  /**
   * Nothing that the client sends reaches the child, its end neither: a client that has nothing
   * more to say may go on reading. One that is gone answers the next bytes with a reset.
   */
  readonly oneWay?: boolean;
  /** Hears the client before its child; not together with `oneWay`. */
  readonly watch?: ClientWatch;
  /** A client that takes none of the bytes that wait for so long is reset. Default: `STALL_MS`. */
  readonly stallMs?: number;
  /** Neither side sent a byte for so long: both are closed. 0: never. */
  readonly idleMs: number;
}

/** A connection that the kernel has given us, past Node. */
export interface Accepted {
  readonly fd: number;
  /** The client's address; IPv4 never in IPv6 notation. */
  readonly ip: string;
  /** Closes a descriptor that no socket has taken over. */
  close(): void;
}

/** Use of one relay thread; a thread that replaces a dead one begins anew. */
export interface ThreadUsage {
  readonly index: number;
  /** Pairs that it carries. */
  readonly pairs: number;
  /** Bytes from clients and to clients since its start. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** CPU time since its start; null: not known. */
  readonly cpuSeconds: number | null;
  /** Seconds of its turns: for so long bytes that came meanwhile had to wait. */
  readonly lag: Pick<Histogram, 'bounds' | 'counts' | 'sum'>;
}

/** A means of moving bytes: the portable engine (Node streams) or the native one (descriptors). */
export interface RelayEngine {
  readonly name: 'portable' | 'native';
  /** Threads that move bytes beside the one that asks; 0: that one does it. */
  readonly threadCount: number;
  /** Returns what each of its threads does now, and has done since its start. */
  threadUsage(): readonly ThreadUsage[];
  /** Its threads, as they let clients in themselves; null: they cannot, or there are none. */
  readonly setupThreads: SetupThreads | null;
  /**
   * Takes the next connection that waits at a server of this thread; null: none waits. Absent:
   * Node alone can accept.
   */
  readonly acceptNext?: (server: Server) => Accepted | null;
  /** Its threads, as they serve feeds; null: they cannot, or there are none. */
  readonly fanoutThreads: FanoutThreads | null;
  /** The engine as it hands its pairs to another program; null: they end with this one. */
  readonly keeping: KeepingEngine | null;
  /** Takes both sockets over: nobody else may read, write or close them from here on. */
  join(pair: RelayPair): RelayedConnection;
  /** Ends what still runs; resolves when all is closed. */
  close(): Promise<void>;
}
