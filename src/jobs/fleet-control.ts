import type { ChildState } from '../child/types.js';
import { plural } from '../system/plural.js';
import type { JobClock } from './job.js';

/** A child as jobs see it. */
export interface JobChild {
  readonly id: string;
  readonly state: ChildState;
  readonly generation: number;
  readonly lastError: string | null;
  /** It gets no new streams, in later generations either. */
  readonly isDrained: boolean;
  readonly streams: number;
  readonly clients: number;
}

/** Operations on children, as jobs need them. */
export interface FleetControl {
  /** In the order of their ids. */
  children(): readonly JobChild[];
  /** The reason is shown while it drains; default: an operator's. */
  drain(id: string, why?: string): void;
  undrain(id: string): void;
  /** Rejects if SRS would refuse to start with the child's config, with SRS's reason. */
  prove(id: string): Promise<void>;
  /** Replaces the child's process; resolves when the next one is ready, or given up for now. */
  restart(id: string, reason: string): Promise<void>;
  /**
   * Makes further children up to that number, with CPUs and ports, and starts none; returns their
   * ids and what there is to be said about the plan. Rejects with ERR_CONFIG if there is no room.
   */
  add(
    count: number,
  ): Promise<{ readonly ids: readonly string[]; readonly notes: readonly string[] }>;
  /** Starts a child that was added; resolves when it is ready, or given up for now. */
  start(id: string): Promise<void>;
  /** Ends the last children and forgets them. */
  remove(ids: readonly string[]): Promise<void>;
}

export interface Tools {
  readonly fleet: FleetControl;
  readonly clock: JobClock;
}

/** Returns a child; undefined if it has been removed meanwhile. */
export function childOf({ fleet }: Tools, id: string): JobChild | undefined {
  return fleet.children().find((child) => child.id === id);
}

/** Number of children that take new streams. */
export function openChildren({ fleet }: Tools, except: ReadonlySet<string> = new Set()): number {
  return fleet.children().filter(({ id, state }) => state === 'ready' && !except.has(id)).length;
}

/** `1 stream, 3 clients` */
export function loadOf({ streams, clients }: Pick<JobChild, 'streams' | 'clients'>): string {
  return `${plural(streams, 'stream')}, ${plural(clients, 'client')}`;
}

/** `1.2 s`, `75 s` */
export function secondsOf(ms: number): string {
  return ms < 9_950 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 1000)} s`;
}
