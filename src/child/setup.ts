import type { Logger } from '../logging/logger.js';
import type { Binary } from './binary.js';
import type { ConfOptions } from './conf-plan.js';
import type { Duties } from './duties.js';
import type { HooksPlan } from './hooks-conf.js';
import type { LogOptions } from './log-file.js';
import type { Pinning } from './pinning.js';
import type { PortLease } from './ports.js';
import type { Watching } from './silence.js';
import type { ProbeTimes } from './times.js';
import type { ChildDown, ChildStatus } from './types.js';
import type { WorkDir } from './workdir.js';

/** What all children of a fleet have in common. */
export interface ChildSetup {
  readonly binary: Binary;
  readonly workDir: WorkDir;
  readonly portBase: number;
  /** As it stands now: a reload changes it. */
  readonly conf: () => ConfOptions;
  readonly hooks: (childId: string) => HooksPlan | null;
  readonly duties: (childId: string) => Duties;
  /** The environment of every child. */
  readonly env: Record<string, string>;
  /** Words before a command that make it end with us. */
  readonly guard: readonly string[];
  /** Whether SRS watches its parent as well. */
  readonly asprocess: boolean;
  readonly pinning: Pinning | null;
  readonly times: ProbeTimes;
  readonly log: LogOptions;
  readonly logger: Logger;
  /** What a child is judged by, besides its answers. */
  readonly watching: (childId: string) => Omit<Watching, 'onHealth' | 'logger'>;
  /** Makes again what somebody has removed of the work directory. Rejects where it is not ours. */
  renewFiles(): Promise<void>;
  /** Told when a child has moved to other ports, before it opens them. */
  onMoved(): Promise<void>;
  onReady(status: ChildStatus): void;
  onDown(down: ChildDown): void;
}

export interface ChildSpec {
  readonly id: string;
  /** CPUs to bind it to; none: wherever the kernel puts it. */
  readonly cpus: readonly number[];
  readonly lease: PortLease;
}
