import { SupervisorError } from '../errors.js';
import { fromProxyVariables } from './go-proxy.js';
import { nearest } from './nearest.js';
import { KEYS } from './schema.js';
import type { Environment, Setting } from './setting.js';

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
  const own = KEYS.map((key) => ({ name: environmentName(key), key }));
  return [...fromProxyVariables(env), ...own.flatMap((entry) => setting(env, entry))];
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
