import { type Directive, find } from '../../srs-conf/parse.js';
import type { Role } from '../../stream-key.js';
import { isOn } from './read.js';

/** One line of `vhost.security`. */
export interface AccessRule {
  readonly allow: boolean;
  readonly role: Role;
  /** `all`, an address, or an IPv4 network such as `10.0.0.0/8`. */
  readonly who: string;
}

/** `vhost.refer`: allowed domains of pages; undefined: any. */
export interface ReferConf {
  readonly all: readonly string[] | undefined;
  readonly publish: readonly string[] | undefined;
  readonly play: readonly string[] | undefined;
}

/** Returns the rules; null if `security` is off. */
export function readSecurity(vhost: readonly Directive[]): readonly AccessRule[] | null {
  if (!isOn(vhost, false, 'security', 'enabled')) return null;
  return (find(vhost, 'security')?.children ?? []).flatMap(({ name, args: [role, who = ''] }) => {
    const isRule = (name === 'allow' || name === 'deny') && (role === 'publish' || role === 'play');
    return isRule ? [{ allow: name === 'allow', role, who }] : [];
  });
}

/** Returns the domains; null if `refer` is off. */
export function readRefer(vhost: readonly Directive[]): ReferConf | null {
  if (!isOn(vhost, false, 'refer', 'enabled')) return null;
  const domains = (name: string) => find(vhost, 'refer', name)?.args;
  return { all: domains('all'), publish: domains('publish'), play: domains('play') };
}
