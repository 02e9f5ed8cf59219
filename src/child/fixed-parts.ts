import type { Directive } from '../srs-conf/parse.js';
import type { Template } from './template.js';

/** Blocks that the supervisor itself uses, or that SRS cannot change while it runs. */
const FIXED = new Set(['http_api', 'http_server', 'rtc_server', 'srt_server', 'exporter']);
const FIXED_IN_VHOST = new Set(['http_remux', 'http_hooks', 'http_static', 'hls', 'enabled']);

/**
 * Returns the name, for messages, of the first changed part of a template that takes a restart;
 * undefined: a reload applies everything.
 */
export function changedFixedPart(before: Template, after: Template): string | undefined {
  const [old, now] = [fixedParts(before), fixedParts(after)];
  return [...old.keys(), ...now.keys()].find((key) => old.get(key) !== now.get(key));
}

function fixedParts({ directives }: Template): Map<string, string> {
  const parts = new Map<string, string>();
  for (const directive of directives) {
    const { name, args, children } = directive;
    if (FIXED.has(name)) parts.set(name, textOf(directive));
    if (name !== 'vhost') continue;
    const vhost = `vhost ${args.join(' ')}`;
    const fixed = (children ?? []).filter((child) => FIXED_IN_VHOST.has(child.name));
    parts.set(vhost, '');
    for (const child of fixed) parts.set(`${child.name} of ${vhost}`, textOf(child));
  }
  return parts;
}

/** Omits line numbers, which move with the text above. */
function textOf(directive: Directive): string {
  return JSON.stringify(directive, (key, value: unknown) => (key === 'line' ? undefined : value));
}
