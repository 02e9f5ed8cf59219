import type { Binary } from '../child/binary.js';
import type { ConfOptions } from '../child/conf-plan.js';
import type { Pinning } from '../child/pinning.js';
import type { Template } from '../child/template.js';
import type { Config } from '../config/config.js';
import type { CpuPlan } from '../cpu/plan.js';
import { bindsLoopback, type FirewallPlan } from '../firewall/exposed.js';

/** All facts about configuration and machine before the first child starts. */
export interface Prepared {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly binary: Binary;
  readonly template: Template;
  readonly plan: CpuPlan;
  /** Null: children are not pinned. */
  readonly pinning: Pinning | null;
  /** Children of another supervisor are on CPUs of the plan; a warning has said so. */
  readonly hasOverlap: boolean;
  /** Most client connections at the same time. */
  readonly connections: number;
  /** Most client connections of one address; 0: no limit. */
  readonly connectionsPerIp: number;
  /** Most pipes of the relay. */
  readonly pipes: number;
  /** Null: no port of a child needs closing, or `children.firewall` is off. */
  readonly firewall: FirewallPlan | null;
}

/** Facts for making and testing the children's configs. */
export type ConfFacts = Pick<Prepared, 'config' | 'env' | 'binary' | 'template'>;

/** Returns the options of all children's configs. */
export function confOptions({
  config,
  binary,
  template,
}: Pick<ConfFacts, 'config' | 'binary' | 'template'>): ConfOptions {
  const { children, listen, vhosts, hls } = config;
  return {
    maxConnections: children.maxConnections,
    template,
    vhosts,
    hls: hls.enabled ? hls : null,
    rtc: listen.rtc !== null,
    srt: listen.srt !== null,
    onLoopback: bindsLoopback(config, binary),
  };
}
