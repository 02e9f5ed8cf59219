import type { Template } from '../child/template.js';
import { withKeys } from '../config/changes.js';
import type { Config } from '../config/config.js';
import { lastingKeys } from '../config/effects.js';
import { type Handover, partOf } from '../upgrade/document.js';
import { PARTS } from './kept-parts.js';

/** By what a program runs. */
export interface RunsBy {
  readonly config: Config;
  /** Null: it is read from its file. */
  readonly template: Template | null;
}

/**
 * Returns by what a program runs that has read the configuration `read`. Keys by which the running
 * children go keep the values that they had; so does the number of children, which only a reload
 * changes. A program that is brought back runs by all that it had.
 */
export async function runsBy(
  handover: Handover | null,
  read: () => Promise<Config>,
): Promise<RunsBy> {
  const running = handover && partOf(handover, PARTS.running);
  if (handover === null || running === null) return { config: await read(), template: null };
  if (handover.failure !== null) return running;
  const config = withKeys(await read(), running.config, [...lastingKeys(), 'children.count']);
  return { config, template: null };
}
