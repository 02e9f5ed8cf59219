import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { Beats } from './beats.js';
import { EJECT_SECONDS, Ejector } from './ejector.js';
import type { FleetOptions } from './fleet-options.js';
import { GivenUp } from './given-up.js';
import type { KeptFleet } from './kept.js';
import { probeRtmp } from './probe.js';
import type { ChildSetup } from './setup.js';
import type { Ejection } from './standing.js';
import { PROBE_TIMES, type ProbeTimes } from './times.js';
import { type ChildStatus, isServing } from './types.js';

/** Rules of the care for children that a reload may change. */
export type CareRules = Pick<
  FleetOptions,
  'maxHungPercent' | 'maxCrashes' | 'eject' | 'ejectSeconds' | 'startSeconds'
>;

type CareOptions = CareRules & Pick<FleetOptions, 'sends' | 'moves' | 'stalls' | 'times'>;

export interface CareParts {
  readonly loop: LoopClock;
  /** Returns all children. */
  readonly statuses: () => readonly ChildStatus[];
  /** Returns the process of a child; null: it has none. */
  readonly pidOf: (id: string) => number | null;
  readonly logger: Logger;
}

/** Decides which children of a fleet are out: hung, crashing or ejected ones. */
export class Care {
  readonly #options: CareOptions;
  #rules: CareRules;
  #isStarted = false;
  readonly #parts: CareParts;
  readonly #givenUp: GivenUp;
  readonly #ejector: Ejector;
  readonly #beats: Beats;

  constructor(options: CareOptions, parts: CareParts) {
    this.#options = options;
    this.#rules = options;
    this.#parts = parts;
    const { statuses, loop, logger } = parts;
    const { sends = () => false, moves = sends, stalls = () => false } = options;
    const times = this.#times();
    this.#beats = new Beats({ times, pidOf: parts.pidOf, logger });
    this.#givenUp = new GivenUp(() => statuses().length, percentOf(options));
    this.#ejector = new Ejector({
      firstMs: () => 1000 * (this.#rules.ejectSeconds ?? EJECT_SECONDS),
      answersRtmp: ({ ports }) => probeRtmp(ports.rtmp, times.timeLimit),
      ...{ statuses, givenUp: this.#givenUp, loop, sends, moves, stalls, logger },
    });
  }

  /** Opens what children need from their start on. */
  async open(kept: KeptFleet | null = null): Promise<void> {
    await this.#beats.open(kept);
  }

  /** Begins to look for outliers, if that is wanted. */
  start(): void {
    this.#isStarted = true;
    if (this.#rules.eject === true) this.#ejector.start();
  }

  /** The secret in the paths of the heartbeats. */
  get beatSecret(): Uint8Array {
    return this.#beats.secret;
  }

  /** Goes by other rules from now on. Children that are broken or hung stay so. */
  renew(rules: CareRules): void {
    this.#rules = rules;
    this.#givenUp.renew(percentOf(rules));
    if (rules.eject !== true) this.#ejector.close();
    else if (this.#isStarted) this.#ejector.start();
  }

  close(): void {
    this.#isStarted = false;
    this.#ejector.close();
    this.#beats.close();
  }

  /** Returns what children need for their verdicts. */
  forChildren(): Pick<ChildSetup, 'watching' | 'mayStayOut' | 'maxCrashes' | 'beatUrl' | 'times'> {
    const { sends = () => false } = this.#options;
    return {
      times: () => this.#times(),
      maxCrashes: () => this.#rules.maxCrashes ?? 0,
      beatUrl: (child) => this.#beats.urlFor(child),
      mayStayOut: (id, loop) => this.#mayStayOut(id, loop),
      watching: (child) => ({
        child: child.id,
        loop: this.#parts.loop,
        sends: () => sends(child.id),
        mayGiveUp: () => this.#givenUp.add(child.id),
        sickness: () => this.#ejector.sicknessOf(child),
        onAnswer: (ms) => this.#ejector.answered(child, ms),
        pulse: this.#beats.begin(child),
      }),
    };
  }

  /** Returns the ejection of that generation of a child; null if it is not ejected. */
  ejectionOf(child: OwnerRef): Ejection | null {
    return this.#ejector.of(child);
  }

  /** Notes that a client could not connect to a child. */
  suspect(child: OwnerRef): void {
    this.#ejector.suspect(child);
    this.#beats.suspect(child);
  }

  /** Notes that a process has not run for two seconds, which no origin does that is well. */
  still(pid: number): void {
    this.#beats.still(pid);
  }

  /** Notes the end of a process. */
  down(child: OwnerRef): void {
    this.#beats.end(child);
  }

  /** Notes that a child is ready, or was removed. */
  back(id: string): void {
    this.#givenUp.delete(id);
  }

  /** Ends the ejection of a child. */
  pardon(id: string): void {
    this.#ejector.pardon(id);
  }

  #times(): ProbeTimes {
    const { startSeconds } = this.#rules;
    const start = startSeconds === undefined ? {} : { startLimit: 1000 * startSeconds };
    return { ...PROBE_TIMES, ...start, ...this.#options.times };
  }

  /** Counts a child as out after a crash loop; false if it has to start again. */
  #mayStayOut(id: string, why: string): boolean {
    const { statuses, logger } = this.#parts;
    const areOthers = statuses().some((other) => other.id !== id && isServing(other.state));
    if (areOthers && this.#givenUp.add(id, 'crashing')) return true;
    logger.error({ child: id, why }, LOOP_GOES_ON);
    return false;
  }
}

function percentOf({ maxHungPercent = 100 }: CareRules): number {
  return maxHungPercent;
}

const LOOP_GOES_ON =
  'child crashes again and again, but too many are out (children.maxHungPercent) or no other one serves: it starts again, look at its log';
