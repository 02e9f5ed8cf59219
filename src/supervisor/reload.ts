import type { Api } from '../api/api.js';
import { confOptions, type Prepared } from '../check/prepared.js';
import { readTemplate } from '../check/template.js';
import { tryConf } from '../check/try-conf.js';
import type { Fleet } from '../child/fleet.js';
import { SupervisorError } from '../errors.js';
import type { Certificate } from '../listener/certificate.js';
import type { Logger } from '../logging/logger.js';
import type { Directive } from '../srs-conf/parse.js';

/** Blocks of a template that the supervisor itself goes by, or that SRS cannot change while it runs. */
const FIXED = new Set('http_api http_server rtc_server srt_server exporter'.split(' '));
const FIXED_IN_VHOST = new Set('http_remux http_hooks hls enabled'.split(' '));

export interface ReloadParts {
  readonly prepared: Prepared;
  /** Null: no port speaks TLS. */
  readonly certificate: Certificate | null;
  readonly api: Api;
  readonly logger: Logger;
}

/**
 * Has everything that can go by its files as they stand now: the ports by the certificate, the
 * children by the template. Each part says in a line what came of it. Never rejects.
 */
export async function reload({ prepared, certificate, api, logger }: ReloadParts): Promise<void> {
  await certificate?.reload();
  const { binary, config } = prepared;
  const { template } = config.srs;
  if (binary.kind === 'none' || template === null) {
    logger.info('reload: there is no srs.template that children could go by anew');
    return;
  }
  const { kind, reason } = await api.reload();
  if (kind === 'done')
    logger.info({ template }, 'reload: all children go by the template as it is');
  else if (kind === 'refused')
    logger.error({ reason }, 'reload: refused, children stay as they are');
  else
    logger.error({ reason }, 'reload: a child goes by the new template from its next start only');
}

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
