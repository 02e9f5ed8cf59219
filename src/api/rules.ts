import type { Template } from '../child/template.js';
import type { ApiRules } from './types.js';

/** What the children's config says of the API; it is the box's own API, too. */
export function rulesOf(
  { authorization, crossdomain, rawApi, hasMetrics }: Template,
  vhosts: readonly string[],
): ApiRules {
  return { authorization, crossdomain, raw: rawApi, metrics: hasMetrics, vhosts };
}
