import type { Template } from './template.js';

/**
 * The vhosts whose players of streams that nobody publishes can wait here: where SRS would let every
 * one of them wait as well. `vhosts`: all that the children have.
 */
export function holdableVhosts(template: Template, vhosts: readonly string[]): string[] {
  if (template.vhosts.length === 0) return [...vhosts];
  const holdable = template.vhosts.filter(({ isHoldable }) => isHoldable);
  const names = new Set(holdable.map(({ name }) => name));
  return vhosts.filter((vhost) => names.has(vhost));
}
