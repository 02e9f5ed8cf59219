import type { Logger } from '../logging/logger.js';
import type { LifePlan } from './life.js';
import type { ChildLog } from './log.js';
import type { ChildSetup } from './setup.js';
import type { ChildHealth, ChildPorts } from './types.js';

/** One process of a child, as its child knows it. */
export interface PlannedLife {
  readonly id: string;
  readonly generation: number;
  readonly ports: ChildPorts;
  /** Command words that pin it. */
  readonly prefix: readonly string[];
  readonly log: ChildLog;
  readonly onHealth: (health: ChildHealth) => void;
  readonly logger: Logger;
}

/** Returns how a process is started and watched. */
export function planLife(
  setup: ChildSetup,
  { id, generation, ports, prefix, log, onHealth, logger }: PlannedLife,
): LifePlan {
  const { binary, workDir, guard, env, times } = setup;
  return {
    spawn: {
      argv: [...guard, ...prefix, ...binary.command, '-c', workDir.conf(id)],
      cwd: workDir.path,
      env,
    },
    ports,
    authorization: setup.conf().template.authorization,
    times: times(),
    log,
    watching: { ...setup.watching({ id, generation }), onHealth, logger },
  };
}
