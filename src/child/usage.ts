import pidusage from 'pidusage';

/** Resource usage of a process. */
export interface Usage {
  /** CPU in percent of one core, smoothed. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly rss: number;
}

interface Sampled extends Usage {
  readonly samples: number;
}

export const NO_USAGE: Usage = { cpu: 0, rss: 0 };

const INTERVAL_MS = 2_000;
/** Weight of a new sample: after 13 s a step shows to nine tenths. */
const WEIGHT = 0.3;

/** Measures CPU and memory of all children, in one batch per tick. */
export class UsageMeter {
  readonly #pids: () => number[];
  readonly #usages = new Map<number, Sampled>();
  readonly #timer: NodeJS.Timeout;
  #measuring = false;

  /** `pids` returns the running processes. */
  constructor(pids: () => number[], intervalMs = INTERVAL_MS) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.#tick(), intervalMs);
    this.#timer.unref();
  }

  /** Returns zeros until measured. */
  of(pid: number | null): Usage {
    return (pid === null ? undefined : this.#usages.get(pid)) ?? NO_USAGE;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#usages.clear();
  }

  async #tick(): Promise<void> {
    const pids = this.#pids();
    this.#forget(new Set(pids));
    if (this.#measuring || pids.length === 0) return;
    this.#measuring = true;
    try {
      // Expiry closes what pidusage holds open in /proc. Its `clear` would leak those descriptors.
      const stats: Record<string, pidusage.Status | null> = await pidusage(pids, {
        maxage: 10_000,
      });
      for (const pid of pids) this.#add(pid, stats[pid] ?? null);
    } catch {
      // pidusage rejects if the only process has ended; an ended one among several is null.
    } finally {
      this.#measuring = false;
    }
  }

  /** The first sample gives memory only. */
  #add(pid: number, stat: pidusage.Status | null): void {
    if (stat === null) return;
    const { cpu: before, samples } = this.#usages.get(pid) ?? { cpu: 0, samples: 0 };
    const smoothed = samples === 1 ? stat.cpu : before + WEIGHT * (stat.cpu - before);
    const cpu = samples === 0 ? 0 : smoothed;
    this.#usages.set(pid, { cpu, rss: stat.memory, samples: samples + 1 });
  }

  #forget(living: Set<number>): void {
    for (const pid of this.#usages.keys()) if (!living.has(pid)) this.#usages.delete(pid);
  }
}
