import type { Binary } from '../child/binary.js';
import type { ConfOptions } from '../child/conf-plan.js';
import type { Pinning } from '../child/pinning.js';
import type { Template } from '../child/template.js';
import type { Config } from '../config/config.js';
import type { CpuPlan } from '../cpu/plan.js';
import { bindsLoopback, type FirewallPlan } from '../firewall/exposed.js';

/** All that is known of config and machine before the first child starts. */
export interface Prepared {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly binary: Binary;
  readonly template: Template;
  /** The vhosts that the children have. */
  readonly vhosts: readonly string[];
  readonly plan: CpuPlan;
  /** Null: children run where the kernel puts them. */
  readonly pinning: Pinning | null;
  /** Children of another supervisor are bound to CPUs of the plan, which a warning has said. */
  readonly hasOverlap: boolean;
  /** How many client connections may be open at once. */
  readonly connections: number;
  /** And of one address; 0: any number. */
  readonly connectionsPerIp: number;
  /** Pipes that the relay may have. */
  readonly pipes: number;
  /** Null: no port of a child has to be closed, or `children.firewall` is off. */
  readonly firewall: FirewallPlan | null;
}

/** What all children's configs have in common. */
export function confOptions({
  config,
  binary,
  template,
}: Pick<Prepared, 'config' | 'binary' | 'template'>): ConfOptions {
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
