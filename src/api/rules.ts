import { apiAuthorization, hasMetrics } from '../child/template.js';
import { type Directive, find } from '../srs-conf/parse.js';
import type { ApiRules } from './types.js';

/** What the children's config says of the API; it is the box's own API, too. */
export function rulesOf(conf: readonly Directive[], vhosts: readonly string[]): ApiRules {
  const is = (value: string, ...path: [string, ...string[]]) =>
    find(conf, ...path)?.args[0] === value;
  return {
    authorization: apiAuthorization(conf),
    crossdomain: !is('off', 'http_server', 'crossdomain'),
    raw: {
      enabled: is('on', 'http_api', 'raw_api', 'enabled'),
      allowReload: is('on', 'http_api', 'raw_api', 'allow_reload'),
    },
    metrics: hasMetrics(conf),
    vhosts,
  };
}
