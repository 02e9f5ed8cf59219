import type { Prepared } from '../check/prepared.js';
import { FirewallKeeper } from '../firewall/keeper.js';
import type { Logger } from '../logging/logger.js';

/** Builds the protection of the children's media ports. */
export function makeFirewall(
  { config, firewall: plan }: Pick<Prepared, 'config' | 'firewall'>,
  logger: Logger,
): FirewallKeeper {
  const { firewall, portBase } = config.children;
  return new FirewallKeeper({ plan, isRequired: firewall === 'on', portBase, logger });
}
