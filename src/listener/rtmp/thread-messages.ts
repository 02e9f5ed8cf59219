import type { ChildPorts, ChildRef } from '../../child/types.js';
import type { LogLevel } from '../../logger.js';
import type { ServerIdentity } from '../../protocol/rtmp/identify.js';
import type { OwnBytes } from '../../relay/native/protocol.js';
import type { Role, StreamKey } from '../../stream-key.js';
import type { ConnectionLimits } from '../connections.js';
import type { ConnectionRow, ListenerCounters } from '../front.js';
import type { PeerVia } from '../peer/dial-peer.js';
import type { Fault } from '../route.js';

/** Given to a listener thread at its birth. */
export interface ThreadSetup {
  /** A listening socket, which stays the control thread's: this one serves a duplicate. */
  readonly fd: number;
  /** The memory of its `InHand`. */
  readonly inHand: Int32Array;
  /** Which thread of how many: it tells its share of the aliases. */
  readonly index: number;
  readonly threads: number;
  readonly limits: ConnectionLimits;
  /** Who begins each connection with a PROXY header; null: nobody does. */
  readonly proxies: readonly string[] | null;
  readonly vhosts: readonly string[];
  readonly identifyMs: number;
  readonly server: Omit<ServerIdentity, 'id'>;
  readonly logLevel: LogLevel;
}

/** Where a client goes. Whoever has the hold last gives it back, once. */
export interface ThreadRoute {
  readonly hold: number;
  readonly owner: ChildRef;
  readonly host: string;
  readonly ports: ChildPorts;
  readonly via?: PeerVia;
}

/** A client and its child, connected and level: the control thread's from here on. */
export interface Handover {
  readonly kind: 'handover';
  /** See `InHand`. */
  readonly number: number;
  readonly hold: number;
  /** Of the connection, as the client was told. */
  readonly id: string;
  readonly client: number;
  readonly child: number;
  readonly toClient: OwnBytes | null;
  readonly toChild: OwnBytes | null;
  readonly idleMs: number;
  readonly ip: string;
  readonly port: number;
  readonly alias: string | null;
  readonly stream: StreamKey;
  readonly role: Role;
  readonly owner: ChildRef;
  readonly since: number;
}

/** What a listener thread says. */
export type ThreadReport =
  | {
      readonly kind: 'route';
      readonly call: number;
      readonly stream: StreamKey;
      readonly role: Role;
    }
  | { readonly kind: 'release'; readonly hold: number; readonly fault: Fault | undefined }
  | Handover
  | { readonly kind: 'rows'; readonly call: number; readonly rows: ConnectionRow[] }
  | { readonly kind: 'client'; readonly call: number; readonly client: string | null }
  | { readonly kind: 'summary'; readonly counters: ListenerCounters; readonly connections: number }
  /** One JSON line of the thread's logger. */
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'listening' };

/** What it is told. */
export type ThreadOrder =
  | { readonly kind: 'routed'; readonly call: number; readonly route: ThreadRoute | null }
  | { readonly kind: 'free'; readonly alias: string }
  | { readonly kind: 'rows'; readonly call: number }
  | { readonly kind: 'client'; readonly call: number; readonly alias: string }
  | { readonly kind: 'close' };
