import type { Directive } from '../srs-conf/parse.js';
import type { Template } from './template.js';

/** Blocks that the supervisor goes by as it read them at its start. */
const FIXED = new Set(['http_api', 'http_server', 'rtc_server', 'srt_server', 'exporter']);
const FIXED_IN_VHOST = new Set(['http_hooks', 'http_static']);
/** Parts of a vhost that SRS reads at its start only; a vhost itself is one, too. */
const STARTED_IN_VHOST = new Set(['http_remux', 'hls', 'enabled']);

/**
 * Returns the name, for messages, of the first changed part of a template that takes a restart of
 * the supervisor; undefined: none has changed.
 */
export function changedFixedPart(before: Template, after: Template): string | undefined {
  const parts = (template: Template) =>
    new Map([
      ...blocksOf(template).filter(([name]) => FIXED.has(name)),
      ...vhostParts(template, FIXED_IN_VHOST),
    ]);
  return firstChange(parts(before), parts(after));
}

/**
 * Returns the name, for messages, of the first changed part of a template for which the children
 * restart; undefined: SRS can reload all that has changed.
 */
export function changedStartPart(before: Template, after: Template): string | undefined {
  const parts = (template: Template) =>
    new Map([
      ...vhostsOf(template).map(({ args }): Part => [vhostName(args), '']),
      ...vhostParts(template, STARTED_IN_VHOST),
    ]);
  return firstChange(parts(before), parts(after));
}

/** Reports whether two templates say the same, wherever their lines stand. */
export function areSame(before: Template, after: Template): boolean {
  const textsOf = ({ directives }: Template) => directives.map(textOf).join();
  return textsOf(before) === textsOf(after);
}

/** The name of a part, and its text. */
type Part = [name: string, text: string];

function firstChange(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string | undefined {
  return [...old.keys(), ...now.keys()].find((key) => old.get(key) !== now.get(key));
}

function blocksOf({ directives }: Template): Part[] {
  return directives.map((directive) => [directive.name, textOf(directive)]);
}

function vhostsOf({ directives }: Template): Directive[] {
  return directives.filter(({ name }) => name === 'vhost');
}

function vhostName(args: readonly string[]): string {
  return `vhost ${args.join(' ')}`;
}

function vhostParts(template: Template, names: ReadonlySet<string>): Part[] {
  return vhostsOf(template).flatMap(({ args, children }) =>
    (children ?? [])
      .filter(({ name }) => names.has(name))
      .map((child): Part => [`${child.name} of ${vhostName(args)}`, textOf(child)]),
  );
}

/** Omits line numbers, which move with the text above. */
function textOf(directive: Directive): string {
  return JSON.stringify(directive, (key, value: unknown) => (key === 'line' ? undefined : value));
}
