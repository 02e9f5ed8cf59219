import type { Config } from '../config/config.js';
import type { Outcome } from './findings.js';

/** Lists who may register an origin; warns if everybody or nobody may. */
export function whoRegisters({ origins, children, admin }: Config): Outcome<null> {
  const { from, token, fixed, hosts } = origins;
  const hasToken = token !== null || admin.token !== null;
  const ways = [
    ...(from.length > 0 ? [`heartbeats from ${from.join(', ')}`] : []),
    ...(hasToken ? ['bearers of a token'] : []),
    ...(fixed.length > 0 ? [`${fixed.length} in origins.fixed`] : []),
  ];
  const warnings = openness(from, hosts);
  if (ways.length === 0 && children.count === 0) warnings.push(NOBODY);
  return { value: null, text: ways.join('; ') || 'none: nobody may register', warnings };
}

const OPEN =
  'whoever reaches listen.admin may register an origin, at any address: name the networks of your origins in origins.from (SRS_SUPERVISOR_ORIGINS_FROM=10.0.0.0/8)';
const ANYWHERE =
  'who may register an origin may name any address for it: name the networks of your origins in origins.hosts (SRS_SUPERVISOR_ORIGINS_HOSTS=10.0.0.0/8)';
const NOBODY =
  'children.count is 0 and no origin may register: name the networks of your origins in origins.from, or origins in origins.fixed';

function openness(from: readonly string[], hosts: readonly string[]): string[] {
  if (from.some(isEverybody)) return [OPEN];
  return hosts.some(isEverybody) ? [ANYWHERE] : [];
}

function isEverybody(network: string): boolean {
  return network.endsWith('/0');
}
