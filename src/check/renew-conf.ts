import type { ConfOptions } from '../child/conf-plan.js';
import { changedFixedPart } from '../child/fixed-parts.js';
import { SupervisorError } from '../errors.js';
import { type ConfFacts, confOptions } from './prepared.js';
import { readTemplate } from './template.js';
import { tryConf } from './try-conf.js';

/**
 * Reads the template again, has SRS test it, and returns the options of the children's configs.
 * Throws ERR_CONFIG if a changed part takes a restart, ERR_CHILD_CONFIG if SRS refuses it.
 */
export async function renewedConf(facts: ConfFacts): Promise<ConfOptions> {
  const { config, binary } = facts;
  if (binary.kind === 'none') return confOptions(facts);
  const { value: template } = await readTemplate(config);
  const changed = changedFixedPart(facts.template, template);
  if (changed !== undefined) {
    const what = `srs.template: ${changed} has changed, which takes a restart`;
    throw new SupervisorError('ERR_CONFIG', `${what}; the rest is not reloaded either`);
  }
  await tryConf({ ...facts, template });
  return confOptions({ config, binary, template });
}
