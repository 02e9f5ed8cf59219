import { confOptions, type Prepared } from '../check/prepared.js';
import { Fleet, type FleetOptions } from '../child/fleet.js';
import type { HooksPlan } from '../child/hooks-conf.js';
import type { Logger } from '../logger.js';

/** The children of the plan, not started yet. `hooks`: what a child of that id calls. */
export function makeFleet(
  prepared: Prepared,
  told: Pick<FleetOptions, 'onPorts'> & { readonly hooks: (childId: string) => HooksPlan },
  logger: Logger,
): Fleet {
  const { config, env, binary, plan, pinning } = prepared;
  const { workDir, children } = config;
  const cpus = plan.children.map((child) => child.cpus);
  const files = { workDir, env, portBase: children.portBase };
  return new Fleet({
    binary,
    cpus,
    pinning,
    logger,
    conf: confOptions(prepared),
    ...told,
    ...files,
  });
}
