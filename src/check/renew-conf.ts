import type { ConfOptions } from '../child/conf-plan.js';
import { areSame, changedFixedPart, changedStartPart } from '../child/fixed-parts.js';
import { type ConfFacts, confOptions } from './prepared.js';
import { readTemplate } from './template.js';
import { tryConf } from './try-conf.js';

/** The children's options by the template as it stands now. */
export interface RenewedConf {
  readonly conf: ConfOptions;
  /** Name of a changed part that children take at their start only; null: there is none. */
  readonly startPart: string | null;
  /**
   * Name of a changed part by which the supervisor goes as it read it at its start; null: there is
   * none.
   */
  readonly fixedPart: string | null;
  /** The template says something else than before. */
  readonly isNew: boolean;
}

/**
 * Reads the template again, has SRS test it, and returns the options of the children's configs.
 * `facts.template` is the one that children have. Throws ERR_CONFIG if it cannot be read,
 * ERR_CHILD_CONFIG if SRS refuses it.
 */
export async function renewedConf(facts: ConfFacts): Promise<RenewedConf> {
  const { config, binary } = facts;
  if (binary.kind === 'none') {
    return { conf: confOptions(facts), startPart: null, fixedPart: null, isNew: false };
  }
  const { value: template } = await readTemplate(config);
  await tryConf({ ...facts, template });
  return {
    conf: confOptions({ config, binary, template }),
    startPart: changedStartPart(facts.template, template) ?? null,
    fixedPart: changedFixedPart(facts.template, template) ?? null,
    isNew: !areSame(facts.template, template),
  };
}

/** Returns why a changed part of the template is not taken. */
export function fixedPartText(part: string, reason: string): string {
  return `srs.template: ${part} has changed, which takes ${reason}; the rest is not reloaded either`;
}
