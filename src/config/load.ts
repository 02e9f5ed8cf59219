/**
 * The room `config/`: flags over environment over YAML over defaults, as one frozen value.
 * May import: logging, system.
 */

import { resolve } from 'node:path';
import type { z } from 'zod';
import { SupervisorError } from '../errors.js';
import { redactWord } from '../logging/redact.js';
import type { Config } from './config.js';
import { readDotEnv } from './dotenv.js';
import { type ConfigFile, isRecord, readConfigFile } from './file.js';
import { fromGoProxy } from './go-proxy.js';
import { nearest } from './nearest.js';
import { findProblem } from './rules.js';
import { namesIn, schema } from './schema.js';
import { fromSecretFiles } from './secret-files.js';
import { SECRET_KEYS } from './secret-keys.js';
import type { Environment, Setting } from './setting.js';
import { type Flags, fromEnvironment, fromFlags } from './sources.js';

export interface ConfigSources {
  readonly flags?: Flags;
  /** Default: the process's own environment. */
  readonly env?: Environment;
  /** Path of a file of variables, which may be missing; those of `env` override it. */
  readonly dotenv?: string | undefined;
  /** Path of a YAML file. */
  readonly file?: string | undefined;
}

const NO_FILE: ConfigFile = { values: {}, where: () => undefined };

/**
 * Loads the configuration: flags override the environment, which overrides the YAML file, which
 * overrides defaults. The result is validated and deeply frozen. A relative `workDir` is resolved
 * against the current directory, even if the file names it. @throws ERR_CONFIG with one line: the
 * place, the key, the rule and the value.
 */
export async function loadConfig(sources: ConfigSources = {}): Promise<Config> {
  const { flags = {} } = sources;
  const { env, isFromFile } = await environmentOf(sources);
  const file = sources.file === undefined ? NO_FILE : await readConfigFile(sources.file);
  const variables = fromEnvironment(env).map(({ origin: place, ...setting }): Setting => {
    const fromFile = /^environment (\w+)/.exec(place)?.[1] ?? '';
    return { ...setting, origin: isFromFile(fromFile) ? `.env ${fromFile}` : place };
  });
  const named = [...variables, ...fromFlags(flags)];
  const isNamed = (key: string) =>
    named.some((setting) => setting.key === key) || file.where(key) !== undefined;
  const settings = [...fromGoProxy(env, isNamed), ...named];
  const origin = (key: string) =>
    settings.findLast((setting) => setting.key === key)?.origin ?? file.where(key);
  const open = merge(file.values, settings);
  settings.push(...(await fromSecretFiles({ read: (key) => valueAt(open, key), whereOf: origin })));
  const raw = merge(file.values, settings);
  const where = (key: string) => origin(key) ?? sources.file ?? 'config';

  const result = schema.safeParse(raw);
  if (!result.success) throw refusal(result.error.issues[0], raw, where);
  const config: Config = { ...result.data, workDir: resolve(result.data.workDir) };
  const problem = findProblem(config, (key) => origin(key) !== undefined);
  if (problem) throw refuse(where(problem.key), problem.key, problem.text);
  return deepFreeze(config);
}

/** The environment with what the `.env` file adds to it. */
async function environmentOf({ env = process.env, dotenv }: ConfigSources) {
  const added = dotenv === undefined ? {} : await readDotEnv(dotenv);
  const isFromFile = (name: string) => Object.hasOwn(added, name) && !Object.hasOwn(env, name);
  return { env: { ...added, ...env } as Environment, isFromFile };
}

function merge(values: ConfigFile['values'], settings: readonly Setting[]): unknown {
  return settings.reduce<unknown>(
    (merged, { key, value }) => withValue(merged, key.split('.'), value),
    withoutEmpty(values, ''),
  );
}

// An empty section (`listen:` with all its keys commented out) sets nothing.
function withoutEmpty(values: ConfigFile['values'], prefix: string): Record<string, unknown> {
  const entries = Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
    const isSection = namesIn(`${prefix}${name}`).length > 0;
    if (isSection && value === null) return [];
    const isFilled = isSection && isRecord(value);
    return [[name, isFilled ? withoutEmpty(value, `${prefix}${name}.`) : value]];
  });
  return Object.fromEntries(entries);
}

// A section that is no mapping stays as it is: the schema refuses it.
function withValue(node: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  if (node !== undefined && !isRecord(node)) return node;
  return { ...node, [name]: withValue(node?.[name], rest, value) };
}

function refusal(
  issue: z.core.$ZodIssue | undefined,
  raw: unknown,
  where: (key: string) => string,
): SupervisorError {
  const key = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const unknown = [...issue.path, issue.keys[0]].join('.');
    return refuse(where(unknown), unknown, unknownKey(key, issue.keys[0] ?? ''));
  }
  const rule = issue?.code === 'custom' ? issue.message : 'must be a mapping of keys to values';
  return refuse(where(key), key, `${rule}, got ${shown(key, valueAt(raw, key))}`);
}

function refuse(place: string, key: string, text: string): SupervisorError {
  return new SupervisorError('ERR_CONFIG', `${place}: ${key}: ${text}`);
}

function unknownKey(section: string, name: string): string {
  const known = namesIn(section);
  const meant = nearest(name, known);
  if (meant === null) return `unknown key; known here: ${known.join(', ')}`;
  return `unknown key, did you mean ${section === '' ? meant : `${section}.${meant}`}?`;
}

function valueAt(raw: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((node, name) => (isRecord(node) ? node[name] : undefined), raw);
}

/** Formats a value for a message: shortened and without secrets, even malformed ones. */
function shown(key: string, value: unknown): string {
  if (SECRET_KEYS.includes(key)) return 'another (not shown)';
  const text = redactWord(JSON.stringify(value) ?? String(value))
    // Credentials in an entry of origins.fixed.
    .replace(/\bauth=[^\s"]+/g, 'auth=***');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
