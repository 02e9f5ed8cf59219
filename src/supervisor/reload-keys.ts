import type { Config } from '../config/config.js';
import { effectOf, restartReason } from '../config/effects.js';
import { actionsOf } from '../hooks/user-urls.js';

/** Returns why a changed key keeps its value; null: it is applied, if need be by an upgrade. */
export function refusalOf(key: string, rolls: boolean): string | null {
  if (effectOf(key) === 'restart') return `it takes a restart: ${restartReason(key)}`;
  const isSecondJob = rolls && key === 'children.count';
  return isSecondJob ? 'the children restart for other keys: reload again after that' : null;
}

/** Returns the hook actions for which the configuration has URLs. */
export function actionsIn({ hooks: { timeoutSeconds: _, ...urls } }: Config): string[] {
  return actionsOf(urls);
}
