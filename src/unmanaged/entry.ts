import type { ChildStatus } from '../child/types.js';
import type { Registration } from './registration.js';

/** An origin's status: that of a child, with the fields of an origin. */
export interface OriginStatus extends ChildStatus {
  readonly host: string;
  /** SRS's server id. */
  readonly server: string;
}

/** The source of an origin's registration, and the credentials for its API. */
export interface Introduction {
  /** Group of the heartbeat's sender for counting; null: our own configuration. */
  readonly sender: string | null;
  /** `Authorization` header for its HTTP API, or null. Never shown. */
  readonly authorization: string | null;
}

/** Checks that an origin must pass before it gets clients, and must keep passing. */
export type Sign = 'rtmp' | 'api';

/** A place for an origin; its lives follow one another. */
export interface OriginEntry {
  readonly id: string;
  registration: Registration;
  introduction: Introduction;
  generation: number;
  restarts: number;
  state: 'starting' | 'ready' | 'failed' | 'stopped';
  /** Checks that this life has not passed yet. */
  readonly awaited: Set<Sign>;
  /** Checks that fail now, with the reason. */
  readonly faults: Map<Sign, string>;
  /** Time of the last heartbeat, or of the end. */
  at: number;
  /** Reason of the last life's end, and its time in milliseconds since 1970. */
  lastError: string | null;
  lastErrorAt: number | null;
  /** Since when it is in its state, or fails its checks, in milliseconds since 1970. */
  since: number;
  /** Null while it does not serve. */
  readySince: number | null;
  probe: Promise<void> | null;
}

export function newEntry(
  id: string,
  registration: Registration,
  introduction: Introduction,
): OriginEntry {
  return {
    ...{ id, registration, introduction, generation: 0, restarts: -1, state: 'failed', at: 0 },
    ...{ awaited: new Set(), faults: new Map(), lastError: null, lastErrorAt: null, probe: null },
    ...{ since: Date.now(), readySince: null },
  };
}

/** Moves an origin to another state; a reason is that of its end. */
export function enter(
  entry: OriginEntry,
  state: OriginEntry['state'],
  reason: string | null = null,
): void {
  entry.state = state;
  entry.since = Date.now();
  entry.readySince = state === 'ready' ? entry.since : null;
  if (reason === null) return;
  entry.lastError = reason;
  entry.lastErrorAt = entry.since;
}

/**
 * Returns the introduction after a further heartbeat. That of the configuration replaces others and
 * stays; the sender stays, for the limit per sender.
 */
export function introduced(before: Introduction, next: Introduction): Introduction {
  if (next.sender === null) return next;
  return before.sender === null ? before : { ...before, authorization: next.authorization };
}

export function isLiving({ state }: OriginEntry): boolean {
  return state === 'starting' || state === 'ready';
}

export function isSamePlace(one: Registration, other: Registration): boolean {
  return one.host === other.host && one.ports.rtmp === other.ports.rtmp;
}

export function statusOf(entry: OriginEntry): OriginStatus {
  const { id, registration, generation, restarts, state, faults, awaited } = entry;
  const { host, server, ports, cpu } = registration;
  const pid = isLiving(entry) ? registration.pid : null;
  const usage = { cpus: [], cpu, rss: 0 };
  const answering = faults.size === 0 && awaited.size === 0;
  const [fault] = faults.values();
  const health = answering ? ('ok' as const) : ('silent' as const);
  const { since, readySince } = entry;
  const why = fault ?? (isLiving(entry) ? null : entry.lastError);
  const life = { generation, restarts, state, since, why, answering, health, readySince };
  const error =
    fault === undefined
      ? { lastError: entry.lastError, lastErrorAt: entry.lastErrorAt }
      : { lastError: fault, lastErrorAt: since };
  return { id, pid, ...usage, host, server, ports, ...life, ...error, ejected: false };
}
