import { confOptions, type Prepared } from '../check/prepared.js';
import { readTemplate } from '../check/template.js';
import { tryConf } from '../check/try-conf.js';
import type { Fleet } from '../child/fleet.js';
import { SupervisorError } from '../errors.js';
import type { Directive } from '../srs-conf/parse.js';

/** Blocks of a template that the supervisor itself goes by, or that SRS cannot change while it runs. */
const FIXED = new Set('http_api http_server rtc_server srt_server exporter'.split(' '));
const FIXED_IN_VHOST = new Set('http_remux http_hooks hls enabled'.split(' '));

/**
 * Writes the children's configs anew out of the template as it stands now, once SRS has tested it.
 * Nothing is written where it cannot be. @throws ERR_CONFIG, ERR_CHILD_CONFIG
 */
export async function renewConfs(prepared: Prepared, fleet: Fleet): Promise<void> {
  const { config, binary } = prepared;
  if (binary.kind === 'none') return;
  const { value: template } = await readTemplate(config.srs.template);
  const before = fixedParts(prepared.template ?? []);
  const after = fixedParts(template ?? []);
  const changed = [...before.keys(), ...after.keys()].find(
    (key) => before.get(key) !== after.get(key),
  );
  if (changed !== undefined) {
    const text = `srs.template: ${changed} has changed, which takes a restart; the rest is not reloaded either`;
    throw new SupervisorError('ERR_CONFIG', text);
  }
  await tryConf({ ...prepared, template });
  await fleet.rewrite(confOptions({ config, binary, template }));
}

/** What must stay as it is, by a name for people. */
function fixedParts(template: readonly Directive[]): Map<string, string> {
  const parts = new Map<string, string>();
  for (const directive of template) {
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

/** Without the lines, which move when something above changes. */
function textOf(directive: Directive): string {
  return JSON.stringify(directive, (key, value: unknown) => (key === 'line' ? undefined : value));
}
