import { stat } from 'node:fs/promises';
import type { Template } from '../child/template.js';
import { CONFIGURED_HOOKS, type Config } from '../config/config.js';
import { authorizationOf } from '../config/credentials.js';
import { readConfigFile } from '../config/file.js';
import { SECRET_KEYS } from '../config/secret-keys.js';
import { redactWord, secretsInUrl } from '../logging/redact.js';
import type { Directive } from '../srs-conf/parse.js';
import type { Outcome } from './findings.js';

const READABLE_BY_ALL = 0o004;

/** Returns every secret of the configuration. */
export function secretsOf(config: Config): (string | null)[] {
  const { access, registry, admin, api, cluster, hooks, origins } = config;
  const { token, auth, fixed } = origins;
  const shown = [auth, cluster.sentinelAuth, ...fixed.map((one) => one.auth)];
  const credentials = shown.flatMap(secretsInCredentials);
  const urls = [registry, ...CONFIGURED_HOOKS.flatMap((action) => hooks[action])];
  const words = [access.jwt.secret, admin.token, api.token, api.password, cluster.secret, token];
  const keys = access.keys.map(({ secret }) => secret);
  return [...words, ...keys, ...credentials, ...urls.flatMap(secretsInUrl)];
}

/** Returns the password or token, and its form in an HTTP header. */
function secretsInCredentials(credentials: string | null): string[] {
  if (credentials === null) return [];
  const header = authorizationOf(credentials) ?? '';
  return [credentials.slice(credentials.search(/[: ]/) + 1), header.slice(header.indexOf(' ') + 1)];
}

/** Returns every secret of a user's srs.conf: passwords, tokens, and secrets in its URLs. */
export function secretsInTemplate({ passwords, directives }: Template): string[] {
  const urls = wordsOf(directives).filter((word) => word.includes('://'));
  return [...passwords, ...urls.flatMap(secretsInUrl)];
}

function wordsOf(directives: readonly Directive[]): string[] {
  return directives.flatMap(({ args, children }) => [...args, ...wordsOf(children ?? [])]);
}

/** Warns of secrets that other users can read, in the list of processes or in the config file. */
export async function findOpenSecrets(
  argv: readonly string[],
  configFile: string | undefined,
): Promise<Outcome<null>> {
  const warnings = [...onCommandLine(argv), ...(await inOpenFile(configFile))];
  const none = 'none on the command line, none in a file that others can read';
  return { value: null, text: warnings.length === 0 ? none : null, warnings };
}

function onCommandLine(argv: readonly string[]): string[] {
  const [open] = argv.filter((word) => redactWord(word) !== word).map(redactWord);
  if (open === undefined) return [];
  return [
    `a secret is on the command line (${open}), which every user of this machine can read at the start: set it by registryFile, in the config file or by SRS_SUPERVISOR_REGISTRY`,
  ];
}

async function inOpenFile(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const [{ mode }, { values, where }] = await Promise.all([stat(path), readConfigFile(path)]);
  if ((mode & READABLE_BY_ALL) === 0) return [];
  const isPlain = redactWord(`${values.registry}`) === values.registry;
  const keys = [...(isPlain ? [] : ['registry']), ...SECRET_KEYS];
  return keys
    .filter((key) => where(key) !== undefined)
    .map(
      (key) =>
        `${where(key)}: every user of this machine can read ${key}: chmod o-r ${path}, or set ${key}File`,
    );
}
