import type { Logger } from '../logging/logger.js';
import type { UdpThreads } from '../relay/engine.js';
import type { ListenerParts } from './listener-parts.js';

/** As many for a UDP port as the relay has, on the CPUs that the plan keeps from the children. */
export function udpThreads({ engine, prepared }: ListenerParts, logger: Logger): UdpThreads {
  const { plan, pinning } = prepared;
  const reserved = pinning === null ? [] : plan.reserved;
  const threads = Math.max(1, engine.threadCount);
  const cpus = Array.from({ length: threads }, (_, index) => reserved[index] ?? null);
  return { logger, cpu: null, cpus };
}
