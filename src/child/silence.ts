import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import type { Probed } from './probe.js';
import { readSample } from './sample.js';
import type { ProbeTimes } from './times.js';
import type { ChildHealth } from './types.js';
import { activityOf, type HealthVerdict, judge, type Sample, type Signs } from './verdict.js';

/** What a verdict is found by, besides probes, and who is told of it. */
export interface Watching {
  readonly loop: Pick<LoopClock, 'lateSince'>;
  /** Whether the child sends bytes to clients now. */
  readonly sends: () => boolean;
  /** False while too many children are given up already. */
  readonly mayGiveUp: () => boolean;
  readonly onHealth: (health: ChildHealth) => void;
  readonly logger: Logger;
}

/** Least time between the ends of two probes of a silent child. */
const PAUSE_MS = 200;
/**
 * A child that is busy, or serves RTMP, gets up to so many times `timeLimit`: a question that is broken off
 * costs it as much as one that it answers.
 */
const MOST_PATIENCE = 8;
/** Samples that a verdict looks back on. */
const SAMPLES = 4;

const TOO_MANY_OUT =
  'child is hung, but too many are being replaced (children.maxHungPercent): it stays, look at this machine';

/** The silence of one child, from an unanswered probe to the next answer or to the verdict. */
export class Silence {
  readonly #pid: number;
  readonly #times: ProbeTimes;
  readonly #watching: Watching;
  /** Of the next probe. */
  timeLimit: number;
  /** Whether the last probe had no answer. */
  isBegun = false;
  #health: ChildHealth = 'ok';
  #misses = 0;
  /** When the first of those was sent, and when neither port had answered any more. */
  #since = 0;
  #deadSince = 0;
  /** CPU that the child had had by then. */
  #deadCpuMs = 0;
  #samples: Sample[] = [];
  /** What was logged last in this silence. */
  #said: HealthVerdict['kind'] = 'silent';
  #lastProbeMs = 0;

  constructor(pid: number, times: ProbeTimes, watching: Watching) {
    this.#pid = pid;
    this.#times = times;
    this.#watching = watching;
    this.timeLimit = times.timeLimit;
  }

  /** Milliseconds until the next probe. A silent child is asked on at once. */
  wait(): number {
    const { aliveEvery, timeLimit } = this.#times;
    // Jitter: hundreds of children are not all asked at one moment.
    if (!this.isBegun) return aliveEvery * (0.875 + Math.random() / 4);
    // A connection that is refused fails at once: misses still stand for time.
    return Math.max(PAUSE_MS, timeLimit - this.#lastProbeMs);
  }

  /** Takes what came of a probe; answers why the child is to be given up, or null. */
  note(askedAt: number, probed: Probed): string | null {
    if (probed.api) return this.#end();
    this.#lastProbeMs = performance.now() - askedAt;
    this.#miss(askedAt, probed);
    const signs = this.#signs(askedAt, probed);
    return this.#act(judge(signs, this.#times), signs);
  }

  #end(): null {
    const silentMs = Math.round(performance.now() - this.#since);
    if (this.#said !== 'silent') this.#watching.logger.info({ silentMs }, 'child answers again');
    this.isBegun = false;
    this.#said = 'silent';
    this.timeLimit = this.#times.timeLimit;
    this.#restart();
    this.#show('ok');
    return null;
  }

  #miss(askedAt: number, { rtmp }: Probed): void {
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

  #say(kind: HealthVerdict['kind'], isOver: boolean, facts: object): void {
    const { logger } = this.#watching;
    if (kind === 'busy') logger.warn(facts, 'child is busy and does not answer: it is left alone');
    else if (isOver) logger.warn(facts, 'child is hung: it is killed and replaced');
    else if (kind === 'hung') logger.error(facts, TOO_MANY_OUT);
    else logger.debug(facts, 'child does not answer');
    if (kind === 'busy' || kind === 'hung') this.#said = kind;
  }

  /** The count begins anew. */
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

/** All that a verdict was found by, for one line of the log. */
function evidence({ why }: HealthVerdict, signs: Signs): object {
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
