import type { Prepared } from '../check/prepared.js';
import { ConnectionBudget } from '../listener/budget.js';
import type { Boxes } from '../registry/redis/boxes.js';

/** Clients on this machine: its tools, and tunnels of others. */
const LOOPBACK = ['127.0.0.0/8', '::1'];

/**
 * What all ports together may have open. A proxy that is trusted comes for many clients; without a limit
 * of the user's own, this machine may do as it likes, too; other boxes have counted whom they send.
 */
export function makeBudget(
  { config, connections, connectionsPerIp }: Prepared,
  threads: number,
  boxes: Boxes | null,
): ConnectionBudget {
  const isOurs = config.limits.connectionsPerIp === 'auto';
  const exempt = [...config.proxies.trusted, ...(isOurs ? LOOPBACK : [])];
  const isExempt = (ip: string) =>
    Array.from(boxes?.list().values() ?? []).some(({ host }) => host === ip);
  return new ConnectionBudget({ connections, connectionsPerIp }, { threads, exempt, isExempt });
}
