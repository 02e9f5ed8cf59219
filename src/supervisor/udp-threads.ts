import type { Pinning } from '../child/pinning.js';
import type { CpuPlan } from '../cpu/plan.js';
import type { Logger } from '../logging/logger.js';
import type { UdpThreads } from '../relay/engine.js';
import type { RelayEngine } from '../relay/relay.js';
import type { UdpPorts } from './udp-ports.js';

export interface UdpParts {
  readonly engine: RelayEngine;
  readonly udpPorts: UdpPorts;
  readonly plan: Pick<CpuPlan, 'reserved'>;
  /** Null: neither children nor our threads are pinned. */
  readonly pinning: Pinning | null;
}

/**
 * Returns the threads of a UDP port: as many as the relay has, on the CPUs that the plan keeps from
 * the children.
 */
export function udpThreads({ engine, plan, pinning }: UdpParts, logger: Logger): UdpThreads {
  const reserved = pinning === null ? [] : plan.reserved;
  const threads = Math.max(1, engine.threadCount);
  const cpus = Array.from({ length: threads }, (_, index) => reserved[index] ?? null);
  return { logger, cpu: null, cpus };
}
