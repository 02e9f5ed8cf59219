/** The environment of SRS's Go proxy, in our keys. */
import { SupervisorError } from '../errors.js';
import { parseGoDuration } from './go-duration.js';
import type { Environment, Setting } from './setting.js';

const REGISTRY = 'PROXY_LOAD_BALANCER_TYPE';
const BACKEND = 'PROXY_DEFAULT_BACKEND_ENABLED';
const TTL = 'PROXY_ORIGIN_SERVER_TTL';
const AUTH = 'PROXY_HTTP_API_AUTH_ENABLED';

const ALIASES: Readonly<Record<string, string>> = {
  PROXY_RTMP_SERVER: 'listen.rtmp',
  PROXY_HTTP_SERVER: 'listen.http',
  PROXY_HTTP_API: 'listen.api',
  PROXY_WEBRTC_SERVER: 'listen.rtc',
  PROXY_SRT_SERVER: 'listen.srt',
  PROXY_SYSTEM_API: 'listen.admin',
  PROXY_STATIC_FILES: 'http.dir',
  PROXY_REDIS_KEY_PREFIX: 'cluster.prefix',
};

/** Its defaults: it starts no SRS, and has its own ports. */
const DEFAULTS: Readonly<Record<string, number>> = {
  'children.count': 0,
  'listen.rtmp': 11_935,
  'listen.http': 18_080,
  'listen.api': 11_985,
  'listen.rtc': 18_000,
  'listen.srt': 20_080,
};

const ANYBODY = ['0.0.0.0/0', '::/0'];

/**
 * Returns the settings of the Go proxy's variables. An empty variable counts as unset.
 * @throws ERR_CONFIG for values that the proxy itself refuses
 */
export function fromProxyVariables(env: Environment): Setting[] {
  const aliases = Object.entries(ALIASES).flatMap(([name, key]): Setting[] => {
    const value = env[name];
    return value ? [{ key, value, origin: `environment ${name}` }] : [];
  });
  return [...registry(env), ...backend(env), ...lifetime(env), ...heartbeatToken(env), ...aliases];
}

/**
 * Returns the settings with less priority than the file, if the environment has the Go proxy's
 * variables: its ports and no children unless children.count is set, its origins unless a key of
 * `origins` restricts them. `isSet` reports whether the user set a key.
 */
export function fromGoProxy(env: Environment, isSet: (key: string) => boolean): Setting[] {
  const name = [...Object.keys(ALIASES), REGISTRY, BACKEND, TTL, AUTH].find((one) => env[one]);
  if (name === undefined) return [];
  const origin = `environment ${name} (the Go proxy's default)`;
  const ports = isSet('children.count') ? {} : DEFAULTS;
  return Object.entries({ ...ports, ...senders(env, isSet) })
    .filter(([key]) => !isSet(key))
    .map(([key, value]) => ({ key, value, origin }));
}

/** The proxy takes a heartbeat for any address, from any sender or from any with its token. */
function senders(
  env: Environment,
  isSet: (key: string) => boolean,
): Readonly<Record<string, readonly string[]>> {
  if (isSet('origins.from') || isSet('origins.hosts')) return {};
  if (env[AUTH] === 'on') return { 'origins.hosts': ANYBODY };
  return isSet('origins.token') ? {} : { 'origins.from': ANYBODY, 'origins.hosts': ANYBODY };
}

function registry(env: Environment): Setting[] {
  const type = env[REGISTRY];
  if (!type) return [];
  const value = type === 'redis' ? redisUrl(env) : type;
  return [{ key: 'registry', value, origin: `environment ${REGISTRY}` }];
}

/** The one origin that the Go proxy can have without a heartbeat, for debugging. */
function backend(env: Environment): Setting[] {
  if (env[BACKEND] !== 'on') return [];
  const of = (word: string, fallback = '') => env[`PROXY_DEFAULT_BACKEND_${word}`] || fallback;
  const http = of('HTTP') === '' ? '' : ` http=${of('HTTP')}`;
  const ports = `rtmp=${of('RTMP', '1935')}${http} api=${of('API', '1985')}`;
  const media = `rtc=${of('RTC', '8000')} srt=${of('SRT', '10080')}`;
  const value = [`${of('IP', '127.0.0.1')} ${ports} ${media}`];
  return [{ key: 'origins.fixed', value, origin: `environment ${BACKEND}` }];
}

function lifetime(env: Environment): Setting[] {
  const text = env[TTL];
  if (!text) return [];
  const seconds = parseGoDuration(text);
  if (seconds === null) throw refuse(TTL, 'must be a time above 0 such as 45s or 2m', text);
  return [{ key: 'origins.ttlSeconds', value: Math.ceil(seconds), origin: `environment ${TTL}` }];
}

/** The token that heartbeats must carry (proxy 8.0.28). */
function heartbeatToken(env: Environment): Setting[] {
  if (env[AUTH] !== 'on') return [];
  const type = env.PROXY_HTTP_API_AUTH_TYPE ?? '';
  const value = env.PROXY_HTTP_API_AUTH_TOKEN ?? '';
  if (type !== 'bearer') throw refuse('PROXY_HTTP_API_AUTH_TYPE', 'must be bearer', type);
  if (value === '') {
    throw refuse('PROXY_HTTP_API_AUTH_TOKEN', `must be set where ${AUTH} is on`, value);
  }
  return [{ key: 'origins.token', value, origin: 'environment PROXY_HTTP_API_AUTH_TOKEN' }];
}

function refuse(name: string, rule: string, value: string): SupervisorError {
  const got = JSON.stringify(value.slice(0, 80));
  return new SupervisorError('ERR_CONFIG', `environment ${name}: ${rule}, got ${got}`);
}

function redisUrl(env: Environment): string {
  const password = env.PROXY_REDIS_PASSWORD;
  const login = password ? `:${encodeURIComponent(password)}@` : '';
  const host = env.PROXY_REDIS_HOST || '127.0.0.1';
  const port = env.PROXY_REDIS_PORT || '6379';
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `redis://${login}${bracketed}:${port}/${env.PROXY_REDIS_DB || '0'}`;
}
