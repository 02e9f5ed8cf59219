import {
  conditionIn,
  type Due,
  nextDue,
  type Recyclable,
  type RecycleLimits,
} from '../child/recycle.js';
import type { ChildStatus } from '../child/types.js';
import type { LoopClock } from '../clock/loop.js';
import type { Config } from '../config/config.js';
import { codeOf } from '../errors.js';
import type { Operations } from '../jobs/operations.js';
import type { Logger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';
import { everySeconds } from '../system/every-seconds.js';

/** Seconds between looks: the memory of children is measured as often. */
const LOOK_SECONDS = 2;
const RECYCLED = 'child is recycled: it is drained, then replaced';
/** Lateness of our own loop, in milliseconds, from which on a look does not count. */
const LATE_MS = 500;

export interface RecyclerParts {
  /** Returns the present limits; a reload changes them. */
  readonly limits: () => RecycleLimits;
  readonly loop: Pick<LoopClock, 'lateSince'>;
  /** Returns our own children. */
  readonly statuses: () => readonly ChildStatus[];
  readonly clientsOf: (id: string) => number;
  /** Begins to drain and replace a child; returns false if other work on children goes on. */
  readonly recycle: (due: Due) => boolean;
  /** Milliseconds of a monotonic clock; default: the process's. */
  readonly clock?: () => number;
  /** Default: the system's time. */
  readonly date?: () => Date;
}

/** A process of a child as it was seen. */
interface Seen {
  readonly generation: number;
  /** Time at which it was first ready, on the monotonic clock. */
  readonly since: number;
  looksOver: number;
}

/** Replaces children that use much memory, are old, or whose time of night has come. */
export class Recycler {
  readonly #parts: RecyclerParts;
  readonly #clock: () => number;
  readonly #date: () => Date;
  readonly #seen = new Map<string, Seen>();
  /** Child id -> time of its last recycling, on the monotonic clock. */
  readonly #recycled = new Map<string, number>();
  #lookedAt: number;
  #stop = () => {};

  constructor(parts: RecyclerParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => performance.now());
    this.#date = parts.date ?? (() => new Date());
    this.#lookedAt = this.#clock();
  }

  async start(): Promise<void> {
    this.#stop();
    this.#stop = everySeconds(LOOK_SECONDS, () => this.look());
  }

  async close(): Promise<void> {
    this.#stop();
  }

  /** Looks at all children, and begins with one that is due. Runs by timer. */
  look(): void {
    const { loop, limits, statuses, recycle } = this.#parts;
    const isLate = loop.lateSince(this.#lookedAt) >= LATE_MS;
    this.#lookedAt = this.#clock();
    if (isLate) return;
    const children = statuses();
    this.#forget(new Set(children.map(({ id }) => id)));
    const due = nextDue(
      children.map((child) => this.#recyclable(child)),
      limits(),
      this.#date(),
    );
    if (due !== null && recycle(due)) this.#recycled.set(due.id, this.#clock());
  }

  #recyclable(child: ChildStatus): Recyclable {
    const { id, rss } = child;
    const { memory } = this.#parts.limits();
    const seen = this.#see(child);
    seen.looksOver = memory !== null && rss > memory ? seen.looksOver + 1 : 0;
    const now = this.#clock();
    const recycledAt = this.#recycled.get(id);
    return {
      id,
      condition: conditionIn(child),
      rss,
      looksOver: seen.looksOver,
      ageSeconds: (now - seen.since) / 1000,
      recycledSeconds: recycledAt === undefined ? null : (now - recycledAt) / 1000,
      clients: this.#parts.clientsOf(id),
    };
  }

  #see({ id, generation, readySince }: ChildStatus): Seen {
    const known = this.#seen.get(id);
    if (known?.generation === generation && readySince !== null) return known;
    const fresh = { generation, since: this.#clock(), looksOver: 0 };
    this.#seen.set(id, fresh);
    return fresh;
  }

  #forget(present: ReadonlySet<string>): void {
    for (const map of [this.#seen, this.#recycled]) {
      for (const id of map.keys()) if (!present.has(id)) map.delete(id);
    }
  }
}

/** Returns what recycles a child by a job, as `restart` does; it waits while another job runs. */
export function recycleBy(
  operations: Pick<Operations, 'restart'>,
  config: () => Pick<Config, 'children'>,
  logger: Logger,
): RecyclerParts['recycle'] {
  return ({ id, why }) => {
    const reason = `it is recycled: ${why}`;
    const drainMs = config().children.recycle.drainSeconds * 1000;
    try {
      operations.restart({ ids: [id], drainMs, what: `recycle ${id}`, reason });
    } catch (error) {
      if (codeOf(error) === 'ERR_BUSY') return false;
      throw error;
    }
    const event = { type: 'child-recycled', child: id, why } as const;
    tell(logger, event, { level: 'info', message: RECYCLED });
    return true;
  };
}
