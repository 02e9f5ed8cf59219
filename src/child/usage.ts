import type { Status } from 'pidusage';
import { everySeconds } from '../system/every-seconds.js';
import { hasProc, readUse, type Use } from './sample.js';

/** Resource usage of a process. */
export interface Usage {
  /** CPU in percent of one core, smoothed. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly rss: number;
}

interface Sampled extends Usage {
  readonly samples: number;
  /** The last one. */
  readonly use: Use;
}

export const NO_USAGE: Usage = { cpu: 0, rss: 0 };

const SECONDS = 2;
/** Percent of a core below which a child may be seen at rest. */
const CALM_CPU = 2;
/** Weight of a new sample: after 13 s a step shows to nine tenths. */
const WEIGHT = 0.3;

/** Measures CPU and memory of all children, in one batch per tick. */
export class UsageMeter {
  readonly #children: { pids(): number[] };
  readonly #onStill: (pid: number) => void;
  readonly #usages = new Map<number, Sampled>();
  readonly #stop: () => void;
  #measuring = false;

  /**
   * `children` tell which processes run. `onStill` is called for one that has not run between two
   * measurements. `often` runs something again and again.
   */
  constructor(
    children: { pids(): number[] },
    onStill: (pid: number) => void = () => {},
    often = (run: () => void): (() => void) => everySeconds(SECONDS, run),
  ) {
    this.#children = children;
    this.#onStill = onStill;
    this.#stop = often(() => void this.#tick());
  }

  /** Returns zeros until measured. */
  of(pid: number | null): Usage {
    return (pid === null ? undefined : this.#usages.get(pid)) ?? NO_USAGE;
  }

  close(): void {
    this.#stop();
    this.#usages.clear();
  }

  async #tick(): Promise<void> {
    const pids = this.#children.pids();
    this.#forget(new Set(pids));
    if (this.#measuring || pids.length === 0) return;
    this.#measuring = true;
    try {
      for (const [pid, use] of await this.#usesOf(pids)) this.#add(pid, use);
    } finally {
      this.#measuring = false;
    }
  }

  /** The first sample gives memory only. */
  #add(pid: number, use: Use): void {
    const known = this.#usages.get(pid);
    if (known === undefined) this.#usages.set(pid, { cpu: 0, rss: use.rss, samples: 1, use });
    else if (use.at === known.use.at) this.#usages.set(pid, { ...known, use });
    else this.#usages.set(pid, next(known, use));
    if (use.turns !== null && use.turns === known?.use.turns) this.#onStill(pid);
  }

  /** Returns what the system counts of each process that lives. */
  async #usesOf(pids: readonly number[]): Promise<Map<number, Use>> {
    const uses = new Map<number, Use>();
    if (!hasProc()) return usesByProgram(pids);
    for (const pid of pids) {
      const known = this.#usages.get(pid);
      // Of one that was busy just now each figure counts, until it is seen to be calm.
      const use = readUse(pid, known !== undefined && known.cpu < CALM_CPU ? known.use : null);
      if (use !== null) uses.set(pid, use);
    }
    return uses;
  }

  #forget(living: Set<number>): void {
    for (const pid of this.#usages.keys()) if (!living.has(pid)) this.#usages.delete(pid);
  }
}

function next(known: Sampled, use: Use): Sampled {
  const cpu = (100 * (use.cpuMs - known.use.cpuMs)) / Math.max(1, use.at - known.use.at);
  // The second sample gives the first measure, which has nothing to be smoothed with.
  const smoothed = known.samples === 1 ? cpu : known.cpu + WEIGHT * (cpu - known.cpu);
  return { cpu: smoothed, rss: use.rss, samples: known.samples + 1, use };
}

/** The same on systems without /proc, by their `ps`. */
async function usesByProgram(pids: readonly number[]): Promise<Map<number, Use>> {
  const { default: pidusage } = await import('pidusage');
  const uses = new Map<number, Use>();
  // It rejects if the only process has ended; an ended one among several is null.
  const stats: Record<string, Status | null> = await pidusage([...pids]).catch(() => ({}));
  for (const pid of pids) {
    const stat = stats[pid] ?? null;
    if (stat !== null) uses.set(pid, useOf(stat));
  }
  return uses;
}

function useOf({ ctime: cpuMs, memory: rss }: Status): Use {
  const at = performance.now();
  return { at, cpuMs, rss, seenAt: at, runNs: 0, turns: null };
}
