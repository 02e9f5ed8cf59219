import { SupervisorError } from '../errors.js';
import { nearest } from './nearest.js';
import { KEYS } from './schema.js';

/** A value for one key, and its origin in words for the user. */
export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly origin: string;
}

/** Command line flags by commander's names, not validated yet. */
export interface Flags {
  readonly children?: string;
  readonly srs?: string;
  readonly workdir?: string;
  readonly rtmp?: string;
  readonly http?: string;
  readonly api?: string;
  readonly rtc?: string;
  readonly srt?: string;
  readonly admin?: string;
  readonly registry?: string;
  readonly relay?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  /** False with --no-pin. */
  readonly pin?: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const FLAG_KEYS: Readonly<Record<Exclude<keyof Flags, 'pin'>, readonly [string, string]>> = {
  children: ['--children', 'children.count'],
  srs: ['--srs', 'srs.binary'],
  workdir: ['--workdir', 'workDir'],
  rtmp: ['--rtmp', 'listen.rtmp'],
  http: ['--http', 'listen.http'],
  api: ['--api', 'listen.api'],
  rtc: ['--rtc', 'listen.rtc'],
  srt: ['--srt', 'listen.srt'],
  admin: ['--admin', 'listen.admin'],
  registry: ['--registry', 'registry'],
  relay: ['--relay', 'relay.engine'],
  logLevel: ['--log-level', 'log.level'],
  logFormat: ['--log-format', 'log.format'],
};

const PROXY_REGISTRY = 'PROXY_LOAD_BALANCER_TYPE';
const PROXY_BACKEND = 'PROXY_DEFAULT_BACKEND_ENABLED';

const PROXY_ALIASES: Readonly<Record<string, string>> = {
  PROXY_RTMP_SERVER: 'listen.rtmp',
  PROXY_HTTP_SERVER: 'listen.http',
  PROXY_HTTP_API: 'listen.api',
  PROXY_WEBRTC_SERVER: 'listen.rtc',
  PROXY_SRT_SERVER: 'listen.srt',
  PROXY_SYSTEM_API: 'listen.admin',
  PROXY_STATIC_FILES: 'http.dir',
};

/** Defaults of SRS's Go proxy: it starts no SRS, and has its own ports. */
const PROXY_DEFAULTS: Readonly<Record<string, number>> = {
  'children.count': 0,
  'listen.rtmp': 11_935,
  'listen.http': 18_080,
  'listen.api': 11_985,
  'listen.rtc': 18_000,
  'listen.srt': 20_080,
};

/** The Go proxy accepts heartbeats from any sender, for any address. */
const PROXY_ORIGINS: Readonly<Record<string, readonly string[]>> = {
  'origins.from': ['0.0.0.0/0', '::/0'],
  'origins.hosts': ['0.0.0.0/0', '::/0'],
};

/** Returns the settings of the flags. */
export function fromFlags(flags: Flags): Setting[] {
  const settings = Object.entries(FLAG_KEYS).flatMap(([flag, [origin, key]]) => {
    const value = flags[flag as keyof typeof FLAG_KEYS];
    return value === undefined ? [] : [{ key, value, origin }];
  });
  if (flags.pin === false) settings.push({ key: 'cpu.pin', value: 'off', origin: '--no-pin' });
  return settings;
}

/**
 * Returns the settings of the environment: first the Go proxy's variables, then ours, which
 * override them. An empty variable counts as unset. Other SRS_* variables are SRS's own and are
 * ignored.
 */
export function fromEnvironment(env: Environment): Setting[] {
  refuseTypos(env);
  const aliases = Object.entries(PROXY_ALIASES).map(([name, key]) => ({ name, key }));
  const own = KEYS.map((key) => ({ name: environmentName(key), key }));
  return [
    ...proxyRegistry(env),
    ...proxyBackend(env),
    ...[...aliases, ...own].flatMap((entry) => setting(env, entry)),
  ];
}

/**
 * Returns the settings with less priority than the file, if the environment has the Go proxy's
 * variables: its ports and no children unless children.count is set, its origins unless a key of
 * `origins` restricts them. `isSet` reports whether the user set a key.
 */
export function fromGoProxy(env: Environment, isSet: (key: string) => boolean): Setting[] {
  const names = [...Object.keys(PROXY_ALIASES), PROXY_REGISTRY, PROXY_BACKEND];
  const name = names.find((one) => env[one]);
  if (name === undefined) return [];
  const origin = `environment ${name} (the Go proxy's default)`;
  const ports = isSet('children.count') ? {} : PROXY_DEFAULTS;
  const hasOwn = isSet('origins.from') || isSet('origins.token') || isSet('origins.hosts');
  return Object.entries({ ...ports, ...(hasOwn ? {} : PROXY_ORIGINS) })
    .filter(([key]) => !isSet(key))
    .map(([key, value]) => ({ key, value, origin }));
}

/** `listen.rtmp` -> `SRS_SUPERVISOR_LISTEN_RTMP`, `workDir` -> `SRS_SUPERVISOR_WORK_DIR`. */
export function environmentName(key: string): string {
  const words = key.replaceAll('.', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  return `SRS_SUPERVISOR_${words.toUpperCase()}`;
}

function setting(env: Environment, { name, key }: { name: string; key: string }): Setting[] {
  const value = env[name];
  return value ? [{ key, value, origin: `environment ${name}` }] : [];
}

// Only near misses are refused: Kubernetes sets SRS_SUPERVISOR_PORT and the like for a service of
// our name.
function refuseTypos(env: Environment): void {
  const names = KEYS.map(environmentName);
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SRS_SUPERVISOR_') || names.includes(name)) continue;
    const tail = (full: string) => full.slice('SRS_SUPERVISOR_'.length);
    const meant = nearest(tail(name), names.map(tail));
    if (meant === null) continue;
    throw new SupervisorError(
      'ERR_CONFIG',
      `environment ${name}: no such variable, did you mean SRS_SUPERVISOR_${meant}?`,
    );
  }
}

function proxyRegistry(env: Environment): Setting[] {
  const name = PROXY_REGISTRY;
  const type = env[name];
  if (!type) return [];
  const value = type === 'redis' ? redisUrl(env) : type;
  return [{ key: 'registry', value, origin: `environment ${name}` }];
}

/** The one origin that the Go proxy can have without a heartbeat, for debugging. */
function proxyBackend(env: Environment): Setting[] {
  if (env[PROXY_BACKEND] !== 'on') return [];
  const of = (word: string, fallback = '') => env[`PROXY_DEFAULT_BACKEND_${word}`] || fallback;
  const http = of('HTTP') === '' ? '' : ` http=${of('HTTP')}`;
  const ports = `rtmp=${of('RTMP', '1935')}${http} api=${of('API', '1985')}`;
  const media = `rtc=${of('RTC', '8000')} srt=${of('SRT', '10080')}`;
  const value = [`${of('IP', '127.0.0.1')} ${ports} ${media}`];
  return [{ key: 'origins.fixed', value, origin: `environment ${PROXY_BACKEND}` }];
}

function redisUrl(env: Environment): string {
  const password = env.PROXY_REDIS_PASSWORD;
  const login = password ? `:${encodeURIComponent(password)}@` : '';
  const host = env.PROXY_REDIS_HOST || '127.0.0.1';
  const port = env.PROXY_REDIS_PORT || '6379';
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `redis://${login}${bracketed}:${port}/${env.PROXY_REDIS_DB || '0'}`;
}
