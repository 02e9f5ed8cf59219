import type { Prepared } from '../check/prepared.js';
import { ConnectionBudget } from '../listener/budget.js';
import type { Boxes } from '../registry/redis/boxes.js';

/** Clients on this machine: its tools, and tunnels of others. */
const LOOPBACK = ['127.0.0.0/8', '::1'];

/**
 * The connection budget of all ports together. Exempt from the limits per address are trusted
 * proxies, which carry many clients, and other boxes, which have counted their clients; and from a
 * `connectionsPerIp` that the user has not set, this machine.
 */
export function makeBudget(
  {
    config,
    connections,
    connectionsPerIp,
  }: Pick<Prepared, 'config' | 'connections' | 'connectionsPerIp'>,
  threads: number,
  boxes: Boxes | null,
): ConnectionBudget {
  const { newConnectionsPerIp } = config.limits;
  const limits = { connections, connectionsPerIp, newConnectionsPerIp };
  const exempt = config.proxies.trusted;
  const own = config.limits.connectionsPerIp === 'auto' ? LOOPBACK : [];
  const isExempt = (ip: string) =>
    Array.from(boxes?.list().values() ?? []).some(({ host }) => host === ip);
  return new ConnectionBudget(limits, { threads, exempt, own, isExempt });
}
