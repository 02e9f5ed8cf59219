/**
 * State of the threads of a process. `running`: on a CPU or waiting for one. `disk`: in a wait that
 * no signal ends.
 */
export type ProcessState = 'running' | 'disk' | 'sleeping' | 'stopped';

/** A process at one moment. */
export interface Sample {
  /** Time by performance.now(). */
  readonly at: number;
  readonly state: ProcessState;
  /** Milliseconds of CPU time since its start. */
  readonly cpuMs: number;
  /** Milliseconds that its threads have waited for a CPU; 0 if the kernel does not count them. */
  readonly waitMs: number;
}

/** Activity of a process over several samples. */
export interface ProcessActivity {
  /** State in the last sample. */
  readonly state: ProcessState;
  readonly windowMs: number;
  readonly cpuMs: number;
  readonly waitMs: number;
  /** Share of the samples in which it was on a CPU, or waited for one or for a disk. */
  readonly awake: number;
}

/** Facts about a child that does not answer probes of its API. */
export interface Signs {
  /** Unanswered probes in a row. */
  readonly misses: number;
  /** Milliseconds since the first of them was sent. */
  readonly silentMs: number;
  /** True if the RTMP port answered the last probe. */
  readonly rtmp: boolean;
  /** Milliseconds that our event loop was late during the last probe. */
  readonly lateMs: number;
  /** Error code on our side during the last probe: `EMFILE`, …; null: none. */
  readonly ownFaults: readonly string[];
  /** Activity over the last few probes; null if the system shows no processes. */
  readonly activity: ProcessActivity | null;
  /**
   * Milliseconds since the first probe that neither port answered, and CPU time of the child since
   * then.
   */
  readonly deadMs: number;
  readonly deadCpuMs: number;
  /** True if it sends bytes to clients. */
  readonly sends: boolean;
}

export interface Limits {
  /** Unanswered probes in a row before a sleeping child can be hung. */
  readonly misses: number;
  /** Milliseconds for which the API may be silent while RTMP answers. */
  readonly deafLimit: number;
  /**
   * Milliseconds of silence, and of CPU time within it, after which a child that uses CPU is judged
   * to spin for ever. CPU time counts, too: an SRS would have answered within so much, and a child
   * that gets little CPU needs longer for it.
   */
  readonly spinLimit: number;
  readonly spinCpu: number;
}

/**
 * `unknown`: the silence may be our own fault and does not count. `silent`: too early to judge.
 * `busy`: it wants a CPU or a disk and is waited for. `hung`: it will not answer any more.
 */
export interface HealthVerdict {
  readonly kind: 'unknown' | 'silent' | 'busy' | 'hung';
  /** Reason, to follow a colon. */
  readonly why: string;
}

/** Milliseconds of lateness that take a good part of the time of a probe. */
const LATE_MS = 500;
/** Share of the time on a CPU, or waiting for one, from which on a process is at work. */
const BUSY_SHARE = 0.25;
/** Factor on misses and start time if the process cannot be seen, so that probes alone decide. */
export const BLIND_PATIENCE = 3;

/** Returns why the last probe tells nothing about the child; null if it does. */
export function ownTrouble({
  lateMs,
  ownFaults,
}: Pick<Signs, 'lateMs' | 'ownFaults'>): string | null {
  if (ownFaults.length > 0) return `our own side failed (${ownFaults.join(', ')})`;
  if (lateMs >= LATE_MS) return `our own event loop was late by ${Math.round(lateMs)} ms`;
  return null;
}

/** Judges a child that does not answer. */
export function judge(signs: Signs, limits: Limits): HealthVerdict {
  const trouble = ownTrouble(signs);
  if (trouble !== null) return { kind: 'unknown', why: trouble };
  const { activity, misses } = signs;
  const patience = activity === null ? BLIND_PATIENCE : 1;
  if (misses < limits.misses * patience) return { kind: 'silent', why: 'too few probes yet' };
  if (activity === null) return { kind: 'hung', why: 'it does not answer' };
  if (activity.state === 'stopped') return { kind: 'hung', why: 'it is stopped by a signal' };
  if (isAtWork(activity)) return judgeBusy(signs, limits);
  return judgeAsleep(signs, limits);
}

/** Returns whether a process wants a CPU or a disk and makes progress as far as it gets them. */
export function isAtWork({ windowMs, cpuMs, waitMs, awake }: ProcessActivity): boolean {
  return awake > 0.5 || (windowMs > 0 && cpuMs + waitMs >= windowMs * BUSY_SHARE);
}

function judgeBusy(
  { deadMs, deadCpuMs, sends }: Signs,
  { spinLimit, spinCpu }: Limits,
): HealthVerdict {
  const spins = deadMs >= spinLimit && deadCpuMs >= spinCpu && !sends;
  if (spins) return { kind: 'hung', why: 'it spins without an end' };
  return { kind: 'busy', why: 'it is at work' };
}

function judgeAsleep({ silentMs, rtmp }: Signs, { deafLimit }: Limits): HealthVerdict {
  if (!rtmp) return { kind: 'hung', why: 'it sleeps and does not answer' };
  if (silentMs < deafLimit) return { kind: 'silent', why: 'RTMP answers, its API does not' };
  return { kind: 'hung', why: 'its API takes no connections any more' };
}

/** Returns the activity between the first sample and the last; null without two samples. */
export function activityOf(samples: readonly Sample[]): ProcessActivity | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const awake = samples.filter(({ state }) => state === 'running' || state === 'disk').length;
  return {
    state: last.state,
    windowMs: last.at - first.at,
    // A thread's waiting time leaves the sum when it ends.
    cpuMs: Math.max(0, last.cpuMs - first.cpuMs),
    waitMs: Math.max(0, last.waitMs - first.waitMs),
    awake: awake / samples.length,
  };
}
