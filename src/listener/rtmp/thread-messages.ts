import type { SupervisorEvent } from '../../events/event.js';
import type { LogLevel } from '../../logging/logger.js';
import type { Identified } from '../../protocol/rtmp/identify.js';
import type { ChildFault, DialTarget } from '../../relay/client-setup.js';
import type { Role, StreamKey } from '../../stream-key.js';
import type { BudgetShare } from '../budget.js';
import type { ConnectionRow, ListenerCounters } from '../listener.js';
import type { Place } from '../shared-counts.js';
import type { SetupRules } from './setup.js';

/** Rules that a reload changes. */
type RenewableRules = Pick<SetupSettings, 'vhosts' | 'identifyMs'>;

/** A handler's settings. */
export interface SetupSettings extends SetupRules {
  /** A listening socket, which stays the control side's. */
  readonly fd: number;
  readonly budget: BudgetShare;
  /** The senders of PROXY headers, which begin each connection; null: there is none. */
  readonly proxies: readonly string[] | null;
  readonly vhosts: readonly string[];
  readonly logLevel: LogLevel;
  /** See `markIds`. */
  readonly idMark: string;
}

/** A client that wants a stream; `ticket` names it from here on. */
export interface RouteQuestion {
  readonly ticket: number;
  /** The id of the connection, as the client was told. */
  readonly id: string;
  readonly ip: string;
  readonly port: number;
  readonly since: number;
  /** Its place in the budget, where the control side counts it from here on. */
  readonly place: Place;
  readonly stream: StreamKey;
  readonly role: Role;
  /** The access token that it has shown; null: none. */
  readonly token: string | null;
}

/** A client that the control side goes on with, and what came of its first attempt. */
export interface Resumed {
  readonly identified: Identified;
  /** Null: its child was not dialled. */
  readonly fault: ChildFault | null;
}

/** Messages from a handler to the control thread. */
export type ThreadReport =
  | ({ readonly kind: 'ask' } & RouteQuestion)
  /** The client has gone before it was relayed. */
  | { readonly kind: 'left'; readonly ticket: number }
  | { readonly kind: 'rows'; readonly call: number; readonly rows: readonly ConnectionRow[] }
  | { readonly kind: 'summary'; readonly counters: ListenerCounters; readonly connections: number }
  /** One JSON line of its logger. */
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'event'; readonly event: SupervisorEvent }
  /** A member of the budget is asked to make room for others. */
  | { readonly kind: 'crowded'; readonly member: number }
  /** The handler lets clients in. */
  | { readonly kind: 'open' }
  /** The handler lets nobody in any more, and clients without a child are gone. */
  | { readonly kind: 'shut' }
  /** It lets nobody in any more, and nobody is on the way to a child. */
  | { readonly kind: 'settled' };

/** The way of a client: to a child that the thread dials itself, or back to the control side. */
export type RouteAnswer = { readonly dial: DialTarget } | 'hand-back';

/** Messages from the control thread to a handler. */
export type ThreadOrder =
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: RouteAnswer }
  | { readonly kind: 'rows'; readonly call: number }
  /** The handler is asked to make room for others. */
  | { readonly kind: 'heed' }
  /** Clients are identified by other rules from now on. */
  | ({ readonly kind: 'rules' } & RenewableRules)
  /** The log has another level. */
  | { readonly kind: 'level'; readonly level: LogLevel }
  /** Let nobody in any more, and tell when nobody is on the way to a child. */
  | { readonly kind: 'settle' }
  | { readonly kind: 'shut' };
