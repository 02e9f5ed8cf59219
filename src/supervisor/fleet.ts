import { type ConfFacts, confOptions, type Prepared } from '../check/prepared.js';
import { Fleet } from '../child/fleet.js';
import type { FleetOptions } from '../child/fleet-options.js';
import type { HooksPlan } from '../child/hooks-conf.js';
import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import type { Listeners } from './listeners.js';

export interface FleetParts extends Pick<FleetOptions, 'onPorts'> {
  readonly prepared: ConfFacts & Pick<Prepared, 'plan' | 'pinning'>;
  /** Returns the hooks of a child. */
  readonly hooks: (childId: string) => HooksPlan;
  readonly loop: LoopClock;
  readonly listeners: Listeners;
  readonly logger: Logger;
}

/** Builds the children of the plan; starts none. */
export function makeFleet({ prepared, listeners, ...told }: FleetParts): Fleet {
  const { config, env, binary, plan, pinning } = prepared;
  const { workDir, children } = config;
  const cpus = plan.children.map((child) => child.cpus);
  const files = { workDir, env, portBase: children.portBase };
  const { maxHungPercent } = children;
  const sends = (id: string) => (listeners.traffic().get(id)?.bitrateOut ?? 0) > 0;
  const conf = confOptions(prepared);
  return new Fleet({ binary, cpus, pinning, conf, maxHungPercent, sends, ...files, ...told });
}
