import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import { tell } from '../logging/tell.js';
import type { Probed } from './probe.js';
import type { Pulse } from './pulse.js';
import { readSample } from './sample.js';
import type { ProbeTimes } from './times.js';
import type { ChildHealth } from './types.js';
import {
  activityOf,
  type HealthVerdict,
  judge,
  ownTrouble,
  type Sample,
  type Signs,
} from './verdict.js';

/** Facts and callbacks of a verdict, besides probes. */
export interface Watching {
  /** Id of the child. */
  readonly child: string;
  readonly loop: Pick<LoopClock, 'lateSince'>;
  /** Returns whether the child sends bytes to clients now. */
  readonly sends: () => boolean;
  /** Returns why the child is to be replaced although it answers; null: it is not. */
  readonly sickness?: () => string | null;
  /** Returns false while too many children are given up. */
  readonly mayGiveUp: () => boolean;
  readonly onHealth: (health: ChildHealth) => void;
  /** Called with the milliseconds of an answered probe, unless our own loop was late meanwhile. */
  readonly onAnswer: (ms: number) => void;
  /** Tells when the child has to be probed. */
  readonly pulse: Pulse;
  readonly logger: Logger;
}

/** Least milliseconds between the ends of two probes of a silent child. */
const PAUSE_MS = 200;
/**
 * Most factor on `timeLimit` for a child that is busy or serves RTMP: an aborted request costs it
 * as much as an answered one.
 */
const MOST_PATIENCE = 8;
/** Number of samples behind a verdict. */
const SAMPLES = 4;

const BUSY = 'child is busy and does not answer: it is left alone';
const HUNG = { level: 'warn', message: 'child is hung: it is killed and replaced' } as const;
const TOO_MANY_OUT = {
  level: 'error',
  message:
    'child is hung, but too many are being replaced (children.maxHungPercent): it stays, look at this machine',
} as const;

/** The silence of one child, from an unanswered probe to the next answer or to the verdict. */
export class Silence {
  readonly #pid: number;
  readonly #times: ProbeTimes;
  readonly #watching: Watching;
  /** Time limit of the next probe. */
  timeLimit: number;
  /** True if the last probe was not answered. */
  isBegun = false;
  #health: ChildHealth = 'ok';
  #misses = 0;
  /** Time of the first unanswered probe, and of the first that neither port answered. */
  #since = 0;
  #deadSince = 0;
  /** CPU time of the child at that moment. */
  #deadCpuMs = 0;
  #samples: Sample[] = [];
  /** Kind that was logged last in this silence. */
  #said: HealthVerdict['kind'] = 'silent';
  #lastProbeMs = 0;

  constructor(pid: number, times: ProbeTimes, watching: Watching) {
    this.#pid = pid;
    this.#times = times;
    this.#watching = watching;
    this.timeLimit = times.timeLimit;
  }

  /** Returns the milliseconds until the next probe of a silent child. */
  wait(): number {
    // A refused connection fails at once, so wait as long as a probe may take.
    return Math.max(PAUSE_MS, this.#times.timeLimit - this.#lastProbeMs);
  }

  /**
   * Notes that the child's heartbeat is late: the first sign of a silence, unless our own loop was
   * late in the last `windowMs` milliseconds, in which it should have come.
   */
  missedBeat(windowMs: number): void {
    const now = performance.now();
    const lateMs = this.#watching.loop.lateSince(now - windowMs);
    if (this.isBegun || ownTrouble({ lateMs, ownFaults: [] }) !== null) return;
    this.#miss(now, false);
  }

  /** Takes the result of a probe. Returns why the child is given up; null if it is not. */
  note(askedAt: number, probed: Probed): string | null {
    if (probed.api) {
      this.#tellAnswer(askedAt);
      this.#end();
      return this.#sickness();
    }
    this.#lastProbeMs = performance.now() - askedAt;
    this.#miss(askedAt, probed.rtmp);
    const signs = this.#signs(askedAt, probed);
    return this.#act(judge(signs, this.#times), signs);
  }

  #tellAnswer(askedAt: number): void {
    const ms = performance.now() - askedAt;
    const lateMs = this.#watching.loop.lateSince(askedAt);
    if (lateMs >= ms / 2) return;
    this.#watching.pulse.answered(ms);
    this.#watching.onAnswer(ms);
  }

  #end(): void {
    const silentMs = Math.round(performance.now() - this.#since);
    if (this.#said !== 'silent') this.#sayBack(silentMs);
    this.isBegun = false;
    this.#said = 'silent';
    this.timeLimit = this.#times.timeLimit;
    this.#restart();
    this.#show('ok');
  }

  #sickness(): string | null {
    const { sickness, mayGiveUp, logger } = this.#watching;
    const why = sickness?.() ?? null;
    if (why === null || !mayGiveUp()) return null;
    logger.warn({ why }, 'child is sick: it is killed and replaced');
    return why;
  }

  #miss(askedAt: number, rtmp: boolean): void {
    const sample = readSample(this.#pid);
    if (sample !== null) this.#samples = [...this.#samples, sample].slice(-SAMPLES);
    if (this.#misses === 0) this.#since = askedAt;
    if (this.#misses === 0 || rtmp) {
      this.#deadSince = rtmp ? performance.now() : askedAt;
      this.#deadCpuMs = sample?.cpuMs ?? 0;
    }
    this.#misses += 1;
    this.isBegun = true;
  }

  #signs(askedAt: number, { rtmp, ownFaults }: Probed): Signs {
    const now = performance.now();
    const cpuMs = this.#samples.at(-1)?.cpuMs ?? 0;
    return {
      misses: this.#misses,
      silentMs: now - this.#since,
      rtmp,
      deadMs: now - this.#deadSince,
      deadCpuMs: cpuMs - this.#deadCpuMs,
      lateMs: this.#watching.loop.lateSince(askedAt),
      ownFaults,
      activity: activityOf(this.#samples),
      sends: this.#watching.sends(),
    };
  }

  #act(verdict: HealthVerdict, signs: Signs): string | null {
    const { kind, why } = verdict;
    if (kind === 'unknown') this.#restart();
    else this.#show(kind === 'busy' ? 'busy' : 'silent');
    const most = kind === 'busy' || signs.rtmp ? MOST_PATIENCE : 1;
    this.timeLimit = Math.min(2 * this.timeLimit, most * this.#times.timeLimit);
    const isOver = kind === 'hung' && this.#watching.mayGiveUp();
    if (isOver || kind !== this.#said) this.#say(kind, isOver, evidence(verdict, signs));
    return isOver ? `hung: ${why}` : null;
  }

  #sayBack(silentMs: number): void {
    const { logger, child } = this.#watching;
    const line = { level: 'info', message: 'child answers again', fields: { silentMs } } as const;
    tell(logger, { type: 'child-answers', child, silentMs }, line);
  }

  #say(kind: HealthVerdict['kind'], isOver: boolean, fields: Evidence): void {
    const { logger, child } = this.#watching;
    const { why } = fields;
    if (kind === 'busy') {
      tell(logger, { type: 'child-busy', child, why }, { level: 'warn', message: BUSY, fields });
    } else if (kind === 'hung') {
      const line = isOver ? HUNG : TOO_MANY_OUT;
      tell(logger, { type: 'child-hung', child, why, replaced: isOver }, { ...line, fields });
    } else logger.debug(fields, 'child does not answer');
    if (kind === 'busy' || kind === 'hung') this.#said = kind;
  }

  /** Resets the count of misses. */
  #restart(): void {
    this.#misses = 0;
    this.#samples = [];
  }

  #show(health: ChildHealth): void {
    if (health === this.#health) return;
    this.#health = health;
    this.#watching.onHealth(health);
  }
}

/** Facts of a verdict, for one log line. */
type Evidence = Readonly<Record<string, unknown>> & { readonly why: string };

/** Returns the facts of a verdict. */
function evidence({ why }: HealthVerdict, signs: Signs): Evidence {
  const { misses, rtmp, sends, ownFaults, activity } = signs;
  const since = new Date(Date.now() - signs.silentMs).toISOString();
  const round = Math.round;
  const process = activity && {
    state: activity.state,
    cpuMs: round(activity.cpuMs),
    waitMs: round(activity.waitMs),
    ofMs: round(activity.windowMs),
  };
  const spent = { deadMs: round(signs.deadMs), deadCpuMs: round(signs.deadCpuMs) };
  const own = { loopLateMs: round(signs.lateMs), ownFaults };
  return { why, unanswered: misses, since, rtmp, sends, process, ...spent, ...own };
}
