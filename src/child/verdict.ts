/** What the threads of a process do: `running` on a CPU or waiting for one, `disk` in a wait that no signal ends. */
export type ProcessState = 'running' | 'disk' | 'sleeping' | 'stopped';

/** A process at one moment. */
export interface Sample {
  /** On performance.now()'s clock. */
  readonly at: number;
  readonly state: ProcessState;
  /** Milliseconds of CPU that it has had, since its start. */
  readonly cpuMs: number;
  /** Milliseconds that its threads have waited for a CPU; 0 where the kernel does not count them. */
  readonly waitMs: number;
}

/** What a process did between several samples. */
export interface ProcessActivity {
  /** In the last sample. */
  readonly state: ProcessState;
  readonly windowMs: number;
  readonly cpuMs: number;
  readonly waitMs: number;
  /** Share of the samples that found it on a CPU, or waiting for one or for a disk. */
  readonly awake: number;
}

/** All that is known of a child that leaves probes of its API unanswered. */
export interface Signs {
  /** Unanswered probes in a row. */
  readonly misses: number;
  /** Milliseconds since the first of them was sent. */
  readonly silentMs: number;
  /** Whether the last probe had an answer from its RTMP port. */
  readonly rtmp: boolean;
  /** How late our own event loop was while the last probe ran. */
  readonly lateMs: number;
  /** What failed on our own side while the last probe ran: `EMFILE`, … */
  readonly ownFaults: readonly string[];
  /** Over the last few probes; null where the system shows no processes. */
  readonly activity: ProcessActivity | null;
  /** Milliseconds since neither port has answered, and of CPU that it has had in them. */
  readonly deadMs: number;
  readonly deadCpuMs: number;
  /** Whether it sends bytes to clients. */
  readonly sends: boolean;
}

export interface Limits {
  /** Unanswered probes in a row before a child that sleeps can be hung. */
  readonly misses: number;
  /** Milliseconds for which a child may leave its API unanswered while RTMP answers. */
  readonly deafLimit: number;
  /**
   * Milliseconds of silence, and of CPU within them, after which a child that burns CPU is taken to do so
   * for ever. Counted in CPU, too: whatever an SRS has to do, it would have answered within so much, and a
   * child that gets little CPU needs longer for it.
   */
  readonly spinLimit: number;
  readonly spinCpu: number;
}

/**
 * `unknown`: what we saw may be our own fault and counts for nothing. `silent`: too early to say.
 * `busy`: it wants a CPU or a disk, and is to be waited for. `hung`: it will not answer any more.
 */
export interface HealthVerdict {
  readonly kind: 'unknown' | 'silent' | 'busy' | 'hung';
  /** Half a sentence. */
  readonly why: string;
}

/** So late an event loop has eaten a good part of a probe's time. */
const LATE_MS = 500;
/** A process that has a CPU, or waits for one, for this share of the time is at work. */
const BUSY_SHARE = 0.25;
/** Without a sight of the process, probes alone decide: so many times as many, as for a slow start. */
export const BLIND_PATIENCE = 3;

/** Why the last probe tells nothing of a child, or null where it does. */
export function ownTrouble({
  lateMs,
  ownFaults,
}: Pick<Signs, 'lateMs' | 'ownFaults'>): string | null {
  if (ownFaults.length > 0) return `our own side failed (${ownFaults.join(', ')})`;
  if (lateMs >= LATE_MS) return `our own event loop was late by ${Math.round(lateMs)} ms`;
  return null;
}

/** What is to be thought of a child that does not answer. */
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

/** Whether a process wants a CPU or a disk, and gets on as far as it gets them. */
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

/** What a process did from the first sample to the last; null where there is none. */
export function activityOf(samples: readonly Sample[]): ProcessActivity | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const awake = samples.filter(({ state }) => state === 'running' || state === 'disk').length;
  return {
    state: last.state,
    windowMs: last.at - first.at,
    // A thread that has ended takes what it waited with it.
    cpuMs: Math.max(0, last.cpuMs - first.cpuMs),
    waitMs: Math.max(0, last.waitMs - first.waitMs),
    awake: awake / samples.length,
  };
}
