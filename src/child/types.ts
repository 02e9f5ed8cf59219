import type { OwnerRef } from '../owner.js';

/**
 * A child's private ports. TCP ports are on 127.0.0.1; SRS before 7.0.67 binds UDP to every
 * address.
 */
export interface ChildPorts {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
  /** WebRTC: UDP and TCP. */
  readonly rtc: number;
  /** UDP. */
  readonly srt: number;
}

/**
 * starting -> ready -> stopping -> stopped. `draining`: it serves as a ready one does but gets no
 * new streams, until `undrain`. `failed` follows any of these: it died or hung and will be
 * restarted. `broken`: its config or binary is wrong, so a restart would not help.
 */
export type ChildState =
  | 'starting'
  | 'ready'
  | 'draining'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'broken';

/** Returns whether a child in that state serves clients of its streams. */
export function isServing(state: ChildState): boolean {
  return state === 'ready' || state === 'draining';
}

/**
 * `silent`: probes are not answered, possibly a hang. `busy`: probes are not answered because the
 * child wants CPU or disk; it is waited for.
 */
export type ChildHealth = 'ok' | 'silent' | 'busy';

/** Snapshot of one child, as plain values. */
export interface ChildStatus {
  /** `c001`, `c002`, … */
  readonly id: string;
  /** Null while no process runs. */
  readonly pid: number | null;
  /** CPUs of all its threads, from /proc; empty: not pinned. */
  readonly cpus: readonly number[];
  readonly state: ChildState;
  /**
   * Since when it is as it is (in that state, silent, busy or ejected), in milliseconds since 1970.
   */
  readonly since: number;
  /** Why it is so; null if that needs no reason. */
  readonly why: string | null;
  /** False from the first unanswered probe on, until it answers again or is replaced. */
  readonly answering: boolean;
  /** Why it does not answer, if known; `ok` while it does. */
  readonly health: ChildHealth;
  /** It serves worse than the others, and gets no new streams for a while. */
  readonly ejected: boolean;
  /** Milliseconds since 1970; null while its process does not serve. */
  readonly readySince: number | null;
  readonly ports: ChildPorts;
  /** Host of the ports; absent: 127.0.0.1. */
  readonly host?: string;
  /** SRS's server id of an origin that we did not start; absent for a child of ours. */
  readonly server?: string;
  /** 1 for the first process, one more for each later one. */
  readonly generation: number;
  /** Number of automatic restarts. */
  readonly restarts: number;
  /** CPU in percent of one core, smoothed; 0 until measured. */
  readonly cpu: number;
  /** Resident memory in bytes; 0 until measured. */
  readonly rss: number;
  /** Why it last died or could not start; null if it never did. */
  readonly lastError: string | null;
  /** Time of that, in milliseconds since 1970. */
  readonly lastErrorAt: number | null;
}

/** A process that has ended or was given up, and the reason. */
export interface ChildDown extends OwnerRef {
  readonly reason: string;
}
