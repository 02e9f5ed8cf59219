import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';
import type { OwnerRef } from '../owner.js';
import { everySeconds } from '../system/every-seconds.js';
import type { GivenUp } from './given-up.js';
import {
  type Conduct,
  countSigns,
  medianOf,
  NO_STREAKS,
  outlierBy,
  type Streaks,
} from './outlier.js';
import type { Ejection } from './standing.js';
import type { ChildStatus } from './types.js';

export interface EjectorParts {
  readonly statuses: () => readonly ChildStatus[];
  readonly givenUp: GivenUp;
  readonly loop: Pick<LoopClock, 'lateSince'>;
  /** True while the child sends bytes to clients. */
  readonly sends: (id: string) => boolean;
  /** True while media go to or from clients of the child. */
  readonly moves: (id: string) => boolean;
  /** True while the child has players, gets media and sends none. */
  readonly stalls: (id: string) => boolean;
  /** Resolves to whether the child's RTMP port answers; null if that failed on our side. */
  readonly answersRtmp: (child: ChildStatus) => Promise<boolean | null>;
  /** Returns the milliseconds of the first ejection of a process. */
  readonly firstMs: () => number;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly clock?: () => number;
}

/** Seconds between looks. */
export const LOOK_SECONDS = 2;
/** Number of answers behind a median. */
const ANSWERS = 5;
/** Lateness of our own loop, in milliseconds, from which on a look tells nothing of others. */
const LATE_MS = 200;
/** Default of `children.ejectSeconds`. */
export const EJECT_SECONDS = 30;
/** Times the first ejection of a process: each further one is longer by as much, up to this. */
const MOST = 10;
/** Times the first ejection: the time for which an ejected child's port may stay closed. */
const CLOSED = 2;
/** The same while the child serves clients that it has. */
const CLOSED_IN_USE = 20;

/** One process of a child as it was seen. */
interface Seen {
  readonly generation: number;
  answers: number[];
  /** A client could not connect, and we have not connected ourselves since. */
  isSuspect: boolean;
  refusals: number;
  /** Time of the monotonic clock since which our connections have failed; null: they have not. */
  refusesSince: number | null;
  hasSent: boolean;
  /** Time of the monotonic clock at which it last sent what it gets, as far as it had to. */
  fineAt: number;
  streaks: Streaks;
  ejection: Ejection | null;
  /** End of the ejection on the monotonic clock. */
  until: number;
  ejections: number;
}

/**
 * Ejects outliers: children that answer, and serve worse than the others. An ejected child serves
 * the streams that it has and gets no new ones, for `firstMs` at first.
 */
export class Ejector {
  readonly #parts: EjectorParts;
  readonly #now: () => number;
  readonly #clock: () => number;
  readonly #records = new Map<string, Seen>();
  #lookedAt: number;
  #stop = () => {};
  #isTold = false;
  #isOff = false;
  #isLooking = false;

  constructor(parts: EjectorParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#clock = parts.clock ?? (() => performance.now());
    this.#lookedAt = this.#clock();
  }

  start(): void {
    this.#isOff = false;
    this.#stop();
    this.#stop = everySeconds(LOOK_SECONDS, () => void this.look());
  }

  /** Ends all ejections, and makes none until the next `start`. */
  close(): void {
    this.#isOff = true;
    for (const id of [...this.#records.keys()]) this.pardon(id);
    this.#stop();
  }

  /** Returns the ejection of that generation of a child. */
  of({ id, generation }: OwnerRef): Ejection | null {
    const record = this.#records.get(id);
    return record?.generation === generation ? record.ejection : null;
  }

  /**
   * Returns why an ejected child is to be replaced: its RTMP port has stayed closed to clients and
   * to us, and its streams have ended or had their time. Null: it is not.
   */
  sicknessOf({ id, generation }: OwnerRef): string | null {
    const record = this.#records.get(id);
    if (record?.generation !== generation || record.ejection === null) return null;
    const ms = record.refusesSince === null ? 0 : this.#clock() - record.refusesSince;
    const limit = this.#parts.firstMs() * (this.#parts.moves(id) ? CLOSED_IN_USE : CLOSED);
    if (ms < limit) return null;
    return `its RTMP port has taken no connections for ${Math.round(ms / 1000)} s`;
  }

  /** Notes the milliseconds that a child took to answer a probe. */
  answered(ref: OwnerRef, ms: number): void {
    const record = this.#record(ref);
    record.answers = [...record.answers, ms].slice(-ANSWERS);
  }

  /** Notes that a client could not connect to a child; our own connections decide. */
  suspect(ref: OwnerRef): void {
    this.#record(ref).isSuspect = true;
  }

  /** Ends all ejections of a child, on an operator's request. */
  pardon(id: string): void {
    this.#records.delete(id);
    this.#parts.givenUp.delete(id, 'ejected');
  }

  /** Looks at all children, unless the last look has not ended. Runs by timer. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    const isLate = this.#parts.loop.lateSince(this.#lookedAt) >= LATE_MS;
    this.#lookedAt = this.#clock();
    const children = this.#parts.statuses().filter(({ state }) => state === 'ready');
    this.#forget(new Set(children.map(({ id }) => id)));
    await Promise.all(children.map((child) => this.#tryPort(child)));
    if (isLate) return this.#startOver();
    const conducts = children.map((child) => this.#conductOf(child));
    for (const [index, child] of children.entries()) {
      const others = () =>
        conducts.flatMap(({ probeMs }, i) => (i === index ? [] : (probeMs ?? [])));
      const conduct = conducts[index];
      if (conduct !== undefined) this.#judge(child, conduct, others);
    }
    this.#makeRoom();
  }

  #record({ id, generation }: OwnerRef): Seen {
    const known = this.#records.get(id);
    // A client of an earlier process may report late.
    if (known !== undefined && known.generation >= generation) return known;
    const counts = { refusals: 0, refusesSince: null, streaks: NO_STREAKS, until: 0, ejections: 0 };
    const sent = { hasSent: false, fineAt: this.#clock() };
    const fresh = { generation, answers: [], isSuspect: false, ejection: null, ...sent };
    const record: Seen = { ...fresh, ...counts };
    this.#records.set(id, record);
    this.#parts.givenUp.delete(id, 'ejected');
    return record;
  }

  #forget(living: ReadonlySet<string>): void {
    for (const id of this.#records.keys()) if (!living.has(id)) this.pardon(id);
  }

  #startOver(): void {
    for (const record of this.#records.values()) {
      record.streaks = NO_STREAKS;
      record.refusesSince = null;
    }
  }

  async #tryPort(child: ChildStatus): Promise<void> {
    const record = this.#record(child);
    if (!record.isSuspect) return;
    const answers = await this.#parts.answersRtmp(child);
    if (answers === null) return;
    record.refusals = answers ? 0 : record.refusals + 1;
    record.isSuspect = !answers;
    record.refusesSince = answers ? null : (record.refusesSince ?? this.#clock());
  }

  #conductOf(child: ChildStatus): Conduct {
    const record = this.#record(child);
    const { answers, refusals } = record;
    const probeMs = answers.length < ANSWERS ? null : medianOf(answers);
    return { probeMs, refusals, stalledMs: this.#stalledMs(child.id, record) };
  }

  #stalledMs(id: string, record: Seen): number {
    const now = this.#clock();
    const { sends, stalls } = this.#parts;
    record.hasSent ||= sends(id);
    if (!record.hasSent || !stalls(id)) record.fineAt = now;
    return now - record.fineAt;
  }

  #judge(child: ChildStatus, conduct: Conduct, others: () => readonly number[]): void {
    if (this.#isOff) return;
    const record = this.#record(child);
    record.streaks = countSigns(record.streaks, conduct, others);
    const why = outlierBy(record.streaks, conduct);
    const isOut = record.ejection !== null;
    if (isOut && this.#clock() < record.until) return;
    if (why !== null) this.#eject(child, record, why);
    else if (isOut) this.#readmit(child.id, record);
  }

  #eject({ id, generation }: ChildStatus, record: Seen, why: string): void {
    const { givenUp, logger } = this.#parts;
    const child = { child: id, generation };
    if (!givenUp.add(id, 'ejected')) {
      if (!this.#isTold) logger.error({ ...child, why }, TOO_MANY_OUT);
      this.#isTold = true;
      return;
    }
    this.#isTold = false;
    record.ejections += 1;
    const ms = Math.min(MOST, record.ejections) * this.#parts.firstMs();
    record.until = this.#clock() + ms;
    record.ejection = { since: record.ejection?.since ?? this.#now(), why };
    const event = { type: 'child-ejected', ...child, why, seconds: ms / 1000 } as const;
    tell(logger, event, { level: 'warn', message: EJECTED });
  }

  #readmit(id: string, record: Seen): void {
    record.ejection = null;
    this.#parts.givenUp.delete(id, 'ejected');
    const event = { type: 'child-readmitted', child: id } as const;
    tell(this.#parts.logger, event, { level: 'info', message: READMITTED });
  }

  /** Ends ejections if children are out for stronger reasons. */
  #makeRoom(): void {
    for (const [id, record] of this.#records) {
      if (!this.#parts.givenUp.isOverfull) return;
      if (record.ejection !== null) this.#readmit(id, record);
    }
  }
}

const EJECTED = 'child is ejected: it keeps its streams and gets no new ones for a while';
const READMITTED = 'child is no longer ejected: it gets new streams again';
const TOO_MANY_OUT =
  'child serves worse than others, but too many are out (children.maxHungPercent): it stays, look at this machine';
