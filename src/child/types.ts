import type { OwnerRef } from '../owner.js';

/** A child's private ports. TCP is on 127.0.0.1; SRS can bind UDP to every address only. */
export interface ChildPorts {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
  /** WebRTC: UDP, and TCP beside it. */
  readonly rtc: number;
  /** UDP. */
  readonly srt: number;
}

/**
 * starting -> ready -> stopping -> stopped. `draining`: it serves as a ready one does and gets no new
 * streams; `undrain` makes it ready again. From any of them failed (it died or hung and will be started
 * again), and broken (its config or binary is wrong: starting again would not help).
 */
export type ChildState =
  | 'starting'
  | 'ready'
  | 'draining'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'broken';

/** Whether clients of its streams can be brought to a child in that state. */
export function isServing(state: ChildState): boolean {
  return state === 'ready' || state === 'draining';
}

/**
 * `silent`: probes are unanswered, which may be the beginning of a hang. `busy`: they are, because it wants
 * CPU or disk: it is waited for.
 */
export type ChildHealth = 'ok' | 'silent' | 'busy';

/** One child as others see it: plain values, a snapshot. */
export interface ChildStatus {
  /** `c001`, `c002`, … */
  readonly id: string;
  /** Null while no process lives. */
  readonly pid: number | null;
  /** The CPUs that /proc says all its threads may run on; empty where it runs unpinned. */
  readonly cpus: readonly number[];
  readonly state: ChildState;
  /** False from the first unanswered probe on, until it answers again or is replaced. */
  readonly answering: boolean;
  /** Why it does not answer, as far as that is known; `ok` while it does. */
  readonly health: ChildHealth;
  readonly ports: ChildPorts;
  /** Where those are, if not at 127.0.0.1. */
  readonly host?: string;
  /** There for an origin that we did not start: SRS's id of it. */
  readonly server?: string;
  /** 1 for the first process, one more for each that followed it. */
  readonly generation: number;
  /** How often it was started again without being asked. */
  readonly restarts: number;
  /** CPU in percent of one core, smoothed; 0 until measured. */
  readonly cpu: number;
  /** Resident memory in bytes; 0 until measured. */
  readonly rss: number;
  /** Why it last died or could not start; null while all is well. */
  readonly lastError: string | null;
}

/** A life that has ended or was given up, and why. */
export interface ChildDown extends OwnerRef {
  readonly reason: string;
}
