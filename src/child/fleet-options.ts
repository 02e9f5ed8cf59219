import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import type { Binary } from './binary.js';
import type { ConfOptions } from './conf-plan.js';
import type { HooksPlan } from './hooks-conf.js';
import type { LogOptions } from './log-file.js';
import type { Pinning } from './pinning.js';
import type { ProbeTimes } from './times.js';
import type { ChildPorts } from './types.js';

export interface FleetOptions {
  readonly binary: Binary;
  /** One set of CPUs a child: so many children there are. An empty set binds to none. */
  readonly cpus: readonly (readonly number[])[];
  readonly portBase: number;
  readonly workDir: string;
  /** Our own environment; a child gets a clean part of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly conf: ConfOptions;
  /** How a child calls us; default: its hooks are as the template has them. */
  readonly hooks?: (childId: string) => HooksPlan | null;
  /** Told all children's ports before any opens them, and again whenever a child moves. */
  readonly onPorts?: (ports: readonly ChildPorts[]) => Promise<void>;
  readonly pinning?: Pinning | null;
  readonly logger?: Logger;
  readonly times?: Partial<ProbeTimes>;
  /** Of the children, so many percent may be given up as hung at one time; default: all. */
  readonly maxHungPercent?: number;
  /** Tells when probes went unanswered because we ourselves were late; default: one of its own. */
  readonly loop?: LoopClock;
  /** Whether a child sends bytes to clients now; default: that is not known of any. */
  readonly sends?: (childId: string) => boolean;
  readonly log?: LogOptions;
  /** Children that start at one time. */
  readonly wave?: number;
  /** Whether children end with us however we end. Off only in tests. */
  readonly guard?: boolean;
}
