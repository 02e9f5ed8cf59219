import type { Config } from '../config/config.js';
import type { Directive } from '../srs-conf/parse.js';

/**
 * - `ignored`: nobody does it.
 * - `replaced`: a value of the supervisor is used in its place.
 * - `by the box`: the supervisor does it in the children's place, as SRS would.
 * - `by one child`: one child has it, and no other.
 * - `by each child`: all children do it.
 * - `moved`: a relative path begins elsewhere than in a lone SRS.
 */
export const FATES = [
  'ignored',
  'replaced',
  'by the box',
  'by one child',
  'by each child',
  'moved',
] as const;
export type Fate = (typeof FATES)[number];

/** Configuration by which a rule is judged, besides the directive. */
export type RuleConfig = Pick<Config, 'listen' | 'children' | 'http' | 'fanout'>;

/** Fate of one directive of a template. */
export interface TemplateRule {
  /** Names from the top level to the directive: `vhost.hls.hls_path`. */
  readonly path: string;
  readonly fate: Fate;
  readonly why: string;
  /** Tells whether a user would notice it; default: always, `by the box` never. */
  readonly isFelt?: (directive: Directive, config: RuleConfig) => boolean;
}
