import type { ChildStatus } from '../child/types.js';
import type { Registration } from './registration.js';

/** An origin as others see it: a child like any, but that somebody else started it. */
export interface OriginStatus extends ChildStatus {
  readonly host: string;
  /** SRS's own id of it. */
  readonly server: string;
}

/** Who has named an origin to us, and how it is asked. */
export interface Introduction {
  /** The group that its heartbeat's sender is counted in; null: our own configuration. */
  readonly sender: string | null;
  /** What its HTTP API asks for, as a header, or null. Never shown. */
  readonly authorization: string | null;
}

/** What an origin has to prove before it gets anybody, and must not lose. */
export type Sign = 'rtmp' | 'api';

/** One place that origins live in, one after the other. */
export interface OriginEntry {
  readonly id: string;
  registration: Registration;
  introduction: Introduction;
  generation: number;
  restarts: number;
  state: 'starting' | 'ready' | 'failed' | 'stopped';
  /** Signs that this life has not given yet. */
  readonly awaited: Set<Sign>;
  /** What is wrong with it now. */
  readonly faults: Map<Sign, string>;
  /** Of the last heartbeat; of the end, where it has ended. */
  at: number;
  /** Why the last life ended. */
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
