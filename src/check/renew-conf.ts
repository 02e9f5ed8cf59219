import type { ConfOptions } from '../child/conf-plan.js';
import { changedFixedPart } from '../child/fixed-parts.js';
import { SupervisorError } from '../errors.js';
import { confOptions, type Prepared } from './prepared.js';
import { readTemplate } from './template.js';
import { tryConf } from './try-conf.js';

/**
 * The children's config by the template as it stands now, once SRS has tested it.
 * @throws ERR_CONFIG where a part has changed that takes a restart, ERR_CHILD_CONFIG
 */
export async function renewedConf(prepared: Prepared): Promise<ConfOptions> {
  const { config, binary } = prepared;
  if (binary.kind === 'none') return confOptions(prepared);
  const { value: template } = await readTemplate(config.srs.template);
  const changed = changedFixedPart(prepared.template, template);
  if (changed !== undefined) {
    const what = `srs.template: ${changed} has changed, which takes a restart`;
    throw new SupervisorError('ERR_CONFIG', `${what}; the rest is not reloaded either`);
  }
  await tryConf({ ...prepared, template });
  return confOptions({ config, binary, template });
}
