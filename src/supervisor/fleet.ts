import { confOptions, type Prepared } from '../check/prepared.js';
import { Fleet } from '../child/fleet.js';
import type { HooksPlan } from '../child/hooks-conf.js';
import type { Logger } from '../logger.js';

/** The children of the plan, not started yet. `hooks`: what a child of that id calls. */
export function makeFleet(
  prepared: Prepared,
  hooks: (childId: string) => HooksPlan,
  logger: Logger,
): Fleet {
  const { config, env, binary, plan, pinning } = prepared;
  const { workDir, children } = config;
  const cpus = plan.children.map((child) => child.cpus);
  const files = { workDir, env, portBase: children.portBase };
  return new Fleet({ binary, cpus, pinning, logger, conf: confOptions(prepared), hooks, ...files });
}
