import type { Template } from './template.js';

/**
 * Returns the vhosts in which SRS lets every player of an unpublished stream wait; such players can
 * wait here. `vhosts`: all vhosts of the children.
 */
export function holdableVhosts(template: Template, vhosts: readonly string[]): string[] {
  if (template.vhosts.length === 0) return [...vhosts];
  const holdable = template.vhosts.filter(({ isHoldable }) => isHoldable);
  const names = new Set(holdable.map(({ name }) => name));
  return vhosts.filter((vhost) => names.has(vhost));
}
