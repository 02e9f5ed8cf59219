import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import type { Binary } from './binary.js';
import type { ConfOptions } from './conf-plan.js';
import type { Duties } from './duties.js';
import type { HooksPlan } from './hooks-conf.js';
import type { LogOptions } from './log-file.js';
import type { Pinning } from './pinning.js';
import type { PortLease } from './ports.js';
import type { Watching } from './silence.js';
import type { StartedConfs } from './started-confs.js';
import type { ProbeTimes } from './times.js';
import type { ChildDown, ChildStatus } from './types.js';
import type { WorkDir } from './workdir.js';

/** Settings and callbacks of all children of a fleet. */
export interface ChildSetup {
  readonly binary: Binary;
  readonly workDir: WorkDir;
  readonly portBase: number;
  /** Returns the present options; a reload changes them. */
  readonly conf: () => ConfOptions;
  /** Learns of each config that is written. */
  readonly started: StartedConfs;
  readonly hooks: (childId: string) => HooksPlan | null;
  readonly duties: (childId: string) => Duties;
  /** Environment of every child. */
  readonly env: Record<string, string>;
  /** Command words that end a child with us. */
  readonly guard: readonly string[];
  /** True: SRS also watches its parent. */
  readonly asprocess: boolean;
  readonly pinning: Pinning | null;
  readonly times: () => ProbeTimes;
  /** Returns the URL for the heartbeats of a process; null: it is to send none. */
  readonly beatUrl: (child: OwnerRef) => string | null;
  /** Returns the crashes within ten minutes after which a child stays out; 0: never. */
  readonly maxCrashes: () => number;
  readonly log: LogOptions;
  readonly logger: Logger;
  /** Returns facts for verdicts, besides answers. */
  readonly watching: (child: OwnerRef) => Omit<Watching, 'onHealth' | 'logger'>;
  /** Returns whether a child may stay out after that crash loop; counts it as out then. */
  readonly mayStayOut: (childId: string, loop: string) => boolean;
  /** Makes removed parts of the work directory again. Rejects if it is not ours any more. */
  renewFiles(): Promise<void>;
  /** Called when a child has moved to other ports, before it opens them. */
  onMoved(): Promise<void>;
  onReady(status: ChildStatus): void;
  onDown(down: ChildDown): void;
}

export interface ChildSpec {
  readonly id: string;
  /** CPUs to pin it to; empty: not pinned. */
  readonly cpus: readonly number[];
  readonly lease: PortLease;
  /** Generation of the last process under its id; 0: there was none. */
  readonly generation?: number;
}
