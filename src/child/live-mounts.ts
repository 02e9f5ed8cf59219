import type { LiveFormat } from '../config/config.js';
import type { LiveMount } from '../protocol/http/live.js';
import { type Directive, find } from '../srs-conf/parse.js';
import { DEFAULT_VHOST } from '../stream-key.js';

/** SRS's own where `http_remux` names none. */
const DEFAULT_MOUNT = '[vhost]/[app]/[stream].flv';

/** How each vhost of the children is played by HTTP: the template's, or those of our config. */
export function liveMounts(
  template: readonly Directive[] | null,
  vhosts: Readonly<Record<string, LiveFormat>>,
): LiveMount[] {
  const theirs = (template ?? []).filter(({ name }) => name === 'vhost');
  if (theirs.length > 0) return theirs.map(mountOf);
  const formats = Object.entries({ [DEFAULT_VHOST]: 'flv', ...vhosts });
  return formats.map(([vhost, format]) => {
    return { vhost, mount: `[vhost]/[app]/[stream].${format}`, isEdge: false };
  });
}

function mountOf({ args, children }: Directive): LiveMount {
  const blocks = children ?? [];
  const word = (...path: [string, string]) => find(blocks, ...path)?.args[0];
  const isOn = word('http_remux', 'enabled') === 'on';
  const mount = isOn ? (word('http_remux', 'mount') ?? DEFAULT_MOUNT) : null;
  return { vhost: args[0] ?? '', mount, isEdge: word('cluster', 'mode') === 'remote' };
}
