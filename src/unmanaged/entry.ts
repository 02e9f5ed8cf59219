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
  /** Reason of the last life's end. */
  lastError: string | null;
  probe: Promise<void> | null;
}

export function newEntry(
  id: string,
  registration: Registration,
  introduction: Introduction,
): OriginEntry {
  return {
    ...{ id, registration, introduction, generation: 0, restarts: -1, state: 'failed', at: 0 },
    ...{ awaited: new Set(), faults: new Map(), lastError: null, probe: null },
  };
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
  const [fault = entry.lastError] = faults.values();
  const health = answering ? ('ok' as const) : ('silent' as const);
  const life = { generation, restarts, state, answering, health, lastError: fault };
  return { id, pid, ...usage, host, server, ports, ...life };
}
