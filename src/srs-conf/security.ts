import ipaddr from 'ipaddr.js';
import type { Role } from '../stream-key.js';
import { type Directive, find } from './parse.js';

/** One line of `vhost.security`. */
export interface AccessRule {
  readonly allow: boolean;
  readonly role: Role;
  /** `all`, an address, or an IPv4 network such as `10.0.0.0/8`. */
  readonly who: string;
}

/** Returns the rules of a vhost's block; null if `security` is off. */
export function readSecurity(vhost: readonly Directive[]): readonly AccessRule[] | null {
  if (find(vhost, 'security', 'enabled')?.args[0] !== 'on') return null;
  return (find(vhost, 'security')?.children ?? []).flatMap(({ name, args: [role, who = ''] }) => {
    const isRule = (name === 'allow' || name === 'deny') && (role === 'publish' || role === 'play');
    return isRule ? [{ allow: name === 'allow', role, who }] : [];
  });
}

/**
 * Checks an address against the rules as SRS does: a matching deny refuses it; if there are allows,
 * one must match; an empty list refuses everybody.
 */
export function isSecure(rules: readonly AccessRule[] | null, role: Role, ip: string): boolean {
  if (rules === null) return true;
  const fits = (rule: AccessRule): boolean => rule.role === role && covers(rule.who, ip);
  if (rules.some((rule) => !rule.allow && fits(rule))) return false;
  const allows = rules.filter(({ allow }) => allow);
  return allows.length > 0 ? allows.some(fits) : rules.length > 0;
}

/** `who`: see `AccessRule`. IPv6 addresses are compared as text, as in SRS. */
function covers(who: string, ip: string): boolean {
  if (who === 'all' || who === ip) return true;
  const { IPv4 } = ipaddr;
  if (!IPv4.isValidFourPartDecimal(ip) || !isNetwork(who)) return false;
  return IPv4.parse(ip).match(IPv4.parseCIDR(who));
}

function isNetwork(text: string): boolean {
  const [address = ''] = text.split('/');
  return ipaddr.IPv4.isValidFourPartDecimal(address) && ipaddr.IPv4.isValidCIDR(text);
}
