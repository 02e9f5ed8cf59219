import type { Role } from '../stream-key.js';
import type { ReferConf } from './conf/access.js';

/** Reports whether an RTMP client's page is on a domain that `vhost.refer` allows. */
export function isReferred(refer: ReferConf | null, role: Role, pageUrl: string): boolean {
  const host = pageUrl.replace(/^.*?:\/\//, '').replace(/[/:].*$/s, '');
  const among = (domains: readonly string[] | undefined): boolean =>
    domains === undefined || domains.some((domain) => host.endsWith(domain));
  return refer === null || (among(refer.all) && among(refer[role]));
}
