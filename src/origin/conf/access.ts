import { type Directive, find } from '../../srs-conf/parse.js';
import { isOn } from './read.js';

/** `vhost.refer`: allowed domains of pages; undefined: any. */
export interface ReferConf {
  readonly all: readonly string[] | undefined;
  readonly publish: readonly string[] | undefined;
  readonly play: readonly string[] | undefined;
}

/** Returns the domains; null if `refer` is off. */
export function readRefer(vhost: readonly Directive[]): ReferConf | null {
  if (!isOn(vhost, false, 'refer', 'enabled')) return null;
  const domains = (name: string) => find(vhost, 'refer', name)?.args;
  return { all: domains('all'), publish: domains('publish'), play: domains('play') };
}
