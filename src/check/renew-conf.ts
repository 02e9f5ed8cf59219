import type { ConfOptions } from '../child/conf-plan.js';
import { areSame, changedFixedPart, changedStartPart } from '../child/fixed-parts.js';
import { SupervisorError } from '../errors.js';
import { type ConfFacts, confOptions } from './prepared.js';
import { readTemplate } from './template.js';
import { tryConf } from './try-conf.js';

/** The children's options by the template as it stands now. */
export interface RenewedConf {
  readonly conf: ConfOptions;
  /** Name of a changed part that children take at their start only; null: there is none. */
  readonly startPart: string | null;
  /** The template says something else than before. */
  readonly isNew: boolean;
}

/**
 * Reads the template again, has SRS test it, and returns the options of the children's configs.
 * `facts.template` is the one that children have. Throws ERR_CONFIG if a changed part takes a
 * restart of the supervisor, ERR_CHILD_CONFIG if SRS refuses it.
 */
export async function renewedConf(facts: ConfFacts): Promise<RenewedConf> {
  const { config, binary } = facts;
  if (binary.kind === 'none') return { conf: confOptions(facts), startPart: null, isNew: false };
  const { value: template } = await readTemplate(config);
  const changed = changedFixedPart(facts.template, template);
  if (changed !== undefined) {
    const what = `srs.template: ${changed} has changed, which takes a restart`;
    throw new SupervisorError('ERR_CONFIG', `${what}; the rest is not reloaded either`);
  }
  await tryConf({ ...facts, template });
  return {
    conf: confOptions({ config, binary, template }),
    startPart: changedStartPart(facts.template, template) ?? null,
    isNew: !areSame(facts.template, template),
  };
}
