import type { Template } from '../child/template.js';
import type { ApiRules } from './types.js';

/** Reads the API's settings from the children's config; they apply to the box's API, too. */
export function rulesOf(
  { authorization, crossdomain, rawApi, hasMetrics }: Template,
  vhosts: () => readonly string[],
): ApiRules {
  return { authorization, crossdomain, raw: rawApi, metrics: hasMetrics, vhosts };
}
