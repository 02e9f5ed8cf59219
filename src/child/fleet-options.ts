import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import type { Binary } from './binary.js';
import type { ConfOptions } from './conf-plan.js';
import type { HooksPlan } from './hooks-conf.js';
import type { KeptFleet } from './kept.js';
import type { LogOptions } from './log-file.js';
import type { Pinning } from './pinning.js';
import type { StartedConfs } from './started-confs.js';
import type { ProbeTimes } from './times.js';
import type { ChildDown, ChildPorts, ChildStatus } from './types.js';

/** Events of a fleet, by the values that they tell. */
export interface FleetEvents {
  ready: [ChildStatus];
  down: [ChildDown];
}

export interface FleetOptions {
  readonly binary: Binary;
  /** One CPU set per child, which also gives their number. An empty set: not pinned. */
  readonly cpus: readonly (readonly number[])[];
  readonly portBase: number;
  readonly workDir: string;
  /** Our own environment; a child gets a clean part of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly conf: ConfOptions;
  /** Learns of the config of each process; default: nobody asks. */
  readonly started?: StartedConfs;
  /** Returns the hooks of a child; default: those of the template. */
  readonly hooks?: (childId: string) => HooksPlan | null;
  /**
   * Called with all children's ports before any child opens them, and again whenever a child moves.
   */
  readonly onPorts?: (ports: readonly ChildPorts[]) => Promise<void>;
  /** The fleet of the program before this one, with which it goes on; default: none. */
  readonly kept?: KeptFleet | null;
  readonly pinning?: Pinning | null;
  readonly logger?: Logger;
  readonly times?: Partial<ProbeTimes>;
  /** Percent of the children that may be out at the same time, see `GivenUp`; default: 100. */
  readonly maxHungPercent?: number;
  /** Crashes within ten minutes after which a child stays out; default: 0, never. */
  readonly maxCrashes?: number;
  /** True: outliers are ejected. Default: false. */
  readonly eject?: boolean;
  /** Seconds after which a start is late; default: `PROBE_TIMES.startLimit`. */
  readonly startSeconds?: number;
  /** Seconds of a first ejection; default: `EJECT_SECONDS`. */
  readonly ejectSeconds?: number;
  /** Tells when a probe failed because we were late; default: its own clock. */
  readonly loop?: LoopClock;
  /** Returns whether a child sends bytes to clients now; default: unknown. */
  readonly sends?: (childId: string) => boolean;
  /** Returns whether media go to or from clients of a child now; default: as `sends`. */
  readonly moves?: (childId: string) => boolean;
  /** Returns whether a child has players, gets media and sends none now; default: never. */
  readonly stalls?: (childId: string) => boolean;
  readonly log?: LogOptions;
  /** Number of children that start at the same time; default: by the load of the machine. */
  readonly wave?: number;
  /** False: children may outlive us, as in some tests. Default: true. */
  readonly guard?: boolean;
}
