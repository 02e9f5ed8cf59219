import type { Template } from './template.js';

/**
 * Returns the vhosts whose players of unpublished streams can wait here: those where SRS would let
 * every one of them wait. `vhosts`: all vhosts of the children.
 */
export function holdableVhosts(template: Template, vhosts: readonly string[]): string[] {
  if (template.vhosts.length === 0) return [...vhosts];
  const holdable = template.vhosts.filter(({ isHoldable }) => isHoldable);
  const names = new Set(holdable.map(({ name }) => name));
  return vhosts.filter((vhost) => names.has(vhost));
}
