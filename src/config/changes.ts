import type { Config } from './config.js';
import { isRecord } from './file.js';
import { KEYS } from './schema.js';

/** Returns the keys, in dotted form, whose values differ. */
export function changedKeys(before: Config, after: Config): string[] {
  return KEYS.filter((key) => textOf(before, key) !== textOf(after, key));
}

function textOf(config: Config, key: string): string | undefined {
  const value = key
    .split('.')
    .reduce<unknown>((node, name) => (isRecord(node) ? node[name] : undefined), config);
  return JSON.stringify(value);
}
