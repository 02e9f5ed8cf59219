import { type ConfFacts, confOptions, type Prepared } from '../check/prepared.js';
import { Fleet } from '../child/fleet.js';
import type { FleetOptions } from '../child/fleet-options.js';
import type { HooksPlan } from '../child/hooks-conf.js';
import { withConfs } from '../child/kept.js';
import type { LoopClock } from '../clock/loop.js';
import type { ChildTraffic } from '../listener/listener.js';
import type { Logger } from '../logging/logger.js';
import type { Listeners } from './listeners.js';

export interface FleetParts extends Pick<FleetOptions, 'onPorts' | 'stalls' | 'started' | 'kept'> {
  readonly prepared: ConfFacts & Pick<Prepared, 'plan' | 'pinning'>;
  readonly hooks: (childId: string) => HooksPlan;
  readonly loop: LoopClock;
  readonly listeners: Listeners;
  /** The program of this version has given `kept`. */
  readonly isSameVersion: boolean;
  readonly logger: Logger;
}

/** Builds the children of the plan; starts none. */
export function makeFleet({
  prepared,
  listeners,
  kept: given,
  isSameVersion,
  ...told
}: FleetParts): Fleet {
  const { config, env, binary, plan, pinning } = prepared;
  const { workDir, children } = config;
  const cpus = plan.children.map((child) => child.cpus);
  const files = { workDir, env, portBase: children.portBase };
  const { maxHungPercent, maxCrashes, eject, ejectSeconds, startSeconds } = children;
  const sends = (id: string) => (listeners.traffic().get(id)?.bitrateOut ?? 0) > 0;
  const moves = (id: string) => (listeners.traffic().get(id)?.bitrate ?? 0) > 0;
  const conf = confOptions(prepared);
  const kept = given ? withConfs(given, conf, isSameVersion) : null;
  const rules = { maxHungPercent, maxCrashes, eject, ejectSeconds, startSeconds };
  return new Fleet({
    binary,
    cpus,
    pinning,
    conf,
    ...rules,
    sends,
    moves,
    kept,
    ...files,
    ...told,
  });
}

/** Returns whether a child has players, gets media of its clients, and sends none now. */
export function stallsIn(
  { connections, bitrate, bitrateOut }: ChildTraffic,
  { streams, clients }: { readonly streams: number; readonly clients: number },
): boolean {
  // A stream has one publisher, so clients beyond the streams are players.
  const hasPlayers = connections > 0 && clients > streams;
  return hasPlayers && bitrateOut === 0 && bitrate > 0;
}
