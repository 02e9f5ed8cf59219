import { nextRound, type Pace } from './pace.js';
import type { Snapshot } from './snapshot.js';

/** Parts of a snapshot: its lists alone, or summaries and metrics as well. */
export type Wanted = 'lists' | 'figures';

/** A child's last answers, as far as the next round depends on them. */
export interface Answered {
  readonly snapshot: Snapshot | null;
  /** Something has happened in the child since. */
  readonly isStale: boolean;
}

/**
 * Decides which children are asked, and when. While somebody asks us, those that have something to
 * say are asked in rounds, the others seldom. While nobody does, the former are asked seldom, for
 * the sums that outlive a child, and the others never.
 */
export class Demand {
  readonly #pace: Pace;
  readonly #until = { lists: 0, figures: 0 };

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Notes that somebody asks. */
  note(wanted: Wanted, now: number): void {
    this.#until.lists = now + this.#pace.watchMs;
    if (wanted === 'figures') this.#until.figures = this.#until.lists;
  }

  /** Reports whether somebody has asked lately, and may ask again soon. */
  isWatched(now: number): boolean {
    return now < this.#until.lists;
  }

  /** Reports whether a request has to wait for a new answer of a child. */
  isOutdated({ snapshot, isStale }: Answered, wanted: Wanted, children: number): boolean {
    if (snapshot === null || isStale) return true;
    const limit = this.#pace.lateFactor * nextRound(this.#pace, children, snapshot.bytes);
    const now = performance.now();
    if (wanted === 'figures' && now - snapshot.figuresAt > limit) return true;
    return hasRows(snapshot) && now - snapshot.at > limit;
  }

  /** Returns the least time between the starts of two rounds of a child; Infinity: no round. */
  restOf({ snapshot, isStale }: Answered, now: number): number {
    const { idleMs, calmMs } = this.#pace;
    const isLively = isStale || (snapshot !== null && hasRows(snapshot));
    if (this.isWatched(now)) return isLively || now < this.#until.figures ? 0 : idleMs;
    return isLively ? calmMs : Number.POSITIVE_INFINITY;
  }
}

function hasRows({ lists }: Snapshot): boolean {
  return lists.streams.length + lists.clients.length > 0;
}
