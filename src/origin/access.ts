import { BlockList, isIPv4 } from 'node:net';
import type { Role } from '../stream-key.js';
import type { AccessRule, ReferConf } from './conf/access.js';

function covers(who: string, ip: string): boolean {
  if (who === 'all' || who === ip) return true;
  const [network = '', bits = ''] = who.split('/');
  const prefix = Number(bits);
  if (!isIPv4(network) || !isIPv4(ip) || bits === '' || !(prefix >= 0 && prefix <= 32))
    return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, 'ipv4');
  return list.check(ip, 'ipv4');
}

/**
 * Checks a client against `vhost.security` as SRS does: a matching deny refuses it; if there are
 * allows, one must match; without any rule everybody is refused.
 */
export function isSecure(rules: readonly AccessRule[] | null, role: Role, ip: string): boolean {
  if (rules === null) return true;
  const fits = (rule: AccessRule): boolean => rule.role === role && covers(rule.who, ip);
  if (rules.some((rule) => !rule.allow && fits(rule))) return false;
  const allows = rules.filter(({ allow }) => allow);
  return allows.length > 0 ? allows.some(fits) : rules.length > 0;
}

/** Reports whether an RTMP client's page is on a domain that `vhost.refer` allows. */
export function isReferred(refer: ReferConf | null, role: Role, pageUrl: string): boolean {
  const host = pageUrl.replace(/^.*?:\/\//, '').replace(/[/:].*$/s, '');
  const among = (domains: readonly string[] | undefined): boolean =>
    domains === undefined || domains.some((domain) => host.endsWith(domain));
  return refer === null || (among(refer.all) && among(refer[role]));
}
