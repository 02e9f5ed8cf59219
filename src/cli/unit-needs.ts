import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { SupervisorError } from '../errors.js';
import { runProgram } from '../system/run-program.js';
import type { UnitNeeds } from './unit.js';

/** Ports below this one need CAP_NET_BIND_SERVICE. */
const FIRST_FREE_PORT = 1024;
const READABLE_BY_ALL = 0o004;
const READABLE_BY_GROUP = 0o040;

/**
 * Returns the permissions that a service with this configuration needs. `user`: its user;
 * undefined: systemd makes a temporary one, which reads only files of everybody or of its groups.
 * @throws ERR_CONFIG for an invalid configuration, ERR_USAGE for an unknown user or unreadable file
 */
export async function unitNeeds(
  configPath: string | undefined,
  user: string | undefined,
): Promise<UnitNeeds> {
  // The service does not have the environment of this shell.
  const config = await loadConfig({ env: {}, file: configPath });
  if (user !== undefined) await requireUser(user);
  const files = user === undefined ? filesOf(config, configPath) : [];
  const groups = await Promise.all(files.map(([key, path]) => groupFor(key, path)));
  return {
    capabilities: capabilitiesOf(config),
    writes: config.workDir === resolve('run') ? [] : [config.workDir],
    groups: [...new Set(groups.filter((group) => group !== null))],
  };
}

function capabilitiesOf({ listen, children, rtc }: Config): string[] {
  const ports = Object.values(listen).map((address) => address?.port ?? 0);
  const isPrivileged = ports.some((port) => port > 0 && port < FIRST_FREE_PORT);
  const usesNftables = children.firewall !== 'off' || rtc.media === 'offload';
  return [
    ...(usesNftables ? ['CAP_NET_ADMIN'] : []),
    ...(isPrivileged ? ['CAP_NET_BIND_SERVICE'] : []),
  ];
}

async function requireUser(user: string): Promise<void> {
  const { exitCode } = await runProgram(['id', '-u', '--', user]);
  if (exitCode === 0) return;
  const mend = `make that user (useradd --system ${user}), or leave --user out`;
  throw new SupervisorError('ERR_USAGE', `unit: --user: no user ${user} on this machine; ${mend}`);
}

function filesOf(config: Config, configPath: string | undefined): [string, string][] {
  const { tls, srs, registryFile, cluster, admin } = config;
  const named: [string, string | null | undefined][] = [
    ['-c', configPath],
    ['tls.cert', tls.cert],
    ['tls.key', tls.key],
    ['srs.template', srs.template],
    ['registryFile', registryFile],
    ['cluster.secretFile', cluster.secretFile],
    ['admin.tokenFile', admin.tokenFile],
  ];
  return named.flatMap(([key, path]) => (path ? [[key, path]] : []));
}

/** Returns the group whose members can read the file; null: everybody can. */
async function groupFor(key: string, path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || (found.mode & READABLE_BY_ALL) !== 0) return null;
  // Membership in group 0 would give more rights than reading this file.
  if ((found.mode & READABLE_BY_GROUP) !== 0 && found.gid !== 0) return found.gid;
  const mend = `chgrp it to a group of its own and chmod g+r, or name a user with --user`;
  const text = `unit: ${key}: ${path}: a user that systemd makes up cannot read it; ${mend}`;
  throw new SupervisorError('ERR_USAGE', text);
}
