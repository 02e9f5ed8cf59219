import type { Config } from './config.js';
import { isRecord } from './file.js';
import { KEYS } from './schema.js';

/** Returns the keys, in dotted form, whose values differ. */
export function changedKeys(before: Config, after: Config): string[] {
  return KEYS.filter((key) => textOf(before, key) !== textOf(after, key));
}

/** Returns `before` with the values that `after` has for these keys, if it has any. */
export function withKeys(before: Config, after: Config, keys: readonly string[]): Config {
  const set = (node: unknown, path: readonly string[], value: unknown): unknown => {
    const [name, ...rest] = path;
    if (name === undefined || !isRecord(node)) return value;
    return { ...node, [name]: set(node[name], rest, value) };
  };
  const known = keys.filter((key) => valueAt(after, key) !== undefined);
  return known.reduce<unknown>(
    (merged, key) => set(merged, key.split('.'), valueAt(after, key)),
    before,
  ) as Config;
}

function textOf(config: Config, key: string): string | undefined {
  return JSON.stringify(valueAt(config, key));
}

function valueAt(config: Config, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((node, name) => (isRecord(node) ? node[name] : undefined), config);
}
