import { type Directive, find } from '../srs-conf/parse.js';

/** What makes a vhost's player more than one that waits; SRS's values that say so. */
const JUDGED: readonly (readonly [block: string, directive: string, value: string])[] = [
  // An edge fetches a stream when a player comes.
  ['cluster', 'mode', 'remote'],
  // A cluster of origins sends the player to another one.
  ['cluster', 'origin_cluster', 'on'],
  // Some players are turned away at once, by rules that the child knows.
  ['refer', 'enabled', 'on'],
  ['security', 'enabled', 'on'],
];

/**
 * The vhosts whose players of streams that nobody publishes can wait here: where SRS would let every
 * one of them wait as well.
 */
export function holdableVhosts(
  template: readonly Directive[] | null,
  vhosts: readonly string[],
): string[] {
  const blocks = (template ?? []).filter(({ name }) => name === 'vhost');
  if (blocks.length === 0) return [...vhosts];
  const free = new Set(blocks.filter((block) => !isJudged(block)).map(({ args }) => args[0]));
  return vhosts.filter((vhost) => free.has(vhost));
}

function isJudged({ children }: Directive): boolean {
  const lines = children ?? [];
  const isOff = find(lines, 'enabled')?.args[0] === 'off';
  return isOff || JUDGED.some(([block, name, word]) => find(lines, block, name)?.args[0] === word);
}
