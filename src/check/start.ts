import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { leasePorts } from '../child/ports.js';
import { openWorkDir, unusable } from '../child/workdir.js';
import { CONFIGURED_HOOKS, type Config } from '../config/config.js';
import { messageOf, plainReason } from '../errors.js';
import { silentLogger } from '../logging/logger.js';
import { openEngine } from '../relay/engine.js';
import { Steering } from '../relay/kernel/steering.js';
import { plural } from '../system/plural.js';
import type { Findings, Outcome } from './findings.js';

/** Milliseconds for a name look-up. A hook would wait as long. */
const LOOKUP_MS = 3000;
/** Bytes that a child's files need at its start. */
const PROBE_BYTES = 64 * 1024;

/**
 * Tries and undoes the steps of a start that follow `inspect`: work directory, children's ports,
 * relay engine, offload. Also resolves the hosts of hooks.
 */
export async function tryStart(config: Config, count: number, findings: Findings): Promise<void> {
  await findings.attempt('workDir', () => tryWorkDir(config.workDir));
  await findings.attempt('child ports', () => tryChildPorts(config, count));
  await findings.attempt('relay', () => tryRelay(config));
  await findings.attempt('offload', () => tryOffload(config));
  await findings.attempt('hooks', () => tryHooks(config));
}

async function tryWorkDir(path: string): Promise<Outcome<null>> {
  const workDir = await openWorkDir(path);
  const probe = join(workDir.path, `check.${randomBytes(4).toString('hex')}`);
  try {
    await writeFile(probe, Buffer.alloc(PROBE_BYTES), { mode: 0o600, flush: true });
  } catch (error) {
    throw unusable(path, error);
  } finally {
    await rm(probe, { force: true });
    await workDir.discard();
  }
  return { value: null, text: `${path}: user ${userName()} can write there` };
}

/** Returns the user's name; its id if it has none, as in a container. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.()}`;
  }
}

async function tryChildPorts({ children }: Config, count: number): Promise<Outcome<null>> {
  const { portBase } = children;
  const leases = await leasePorts(count, portBase);
  await Promise.all(leases.map((lease) => lease.release()));
  const text =
    count === 0
      ? 'no children'
      : `free for ${plural(count, 'child', 'children')}, from ${portBase} up`;
  return { value: null, text };
}

async function tryRelay({ relay }: Config): Promise<Outcome<null>> {
  const options = { ...relay, threads: 1, cpus: [], logger: silentLogger };
  const engine = await openEngine(options);
  await engine.close();
  if (relay.engine !== 'auto' || engine.name === 'native') {
    return { value: null, text: `${engine.name} works` };
  }
  const warnings = [
    `relay.engine: native does not work here, and portable takes twice the CPU or more: set it to native to see why`,
  ];
  return { value: null, text: 'portable', warnings };
}

async function tryOffload({ rtc, listen }: Config): Promise<Outcome<null>> {
  if (rtc.media !== 'offload' || listen.rtc === null) return { value: null, text: 'not used' };
  const name = `srs_supervisor_check_${randomBytes(4).toString('hex')}`;
  const table = { name, port: listen.rtc.port || 8000, host: null, size: 1 };
  try {
    const steering = await Steering.open({ table, idleMs: LOOKUP_MS, logger: silentLogger });
    await steering.close();
    return { value: null, text: 'the kernel takes its table' };
  } catch (error) {
    const reason = messageOf(error).split('\n').at(-1);
    const warning = `rtc.media: offload does not work here, media are relayed: ${reason}; see docs/webrtc.md`;
    return { value: null, text: null, warnings: [warning] };
  }
}

/**
 * Warns of hosts without an address. They do not prevent a start, because hooks are called later.
 */
async function tryHooks({ hooks }: Config): Promise<Outcome<null>> {
  const urls = CONFIGURED_HOOKS.flatMap((action) => hooks[action].map((url) => ({ action, url })));
  if (urls.length === 0) return { value: null, text: 'none' };
  const keys = new Map(urls.map(({ action, url }) => [hostOf(url), `hooks.${action}`]));
  const warnings = await Promise.all(Array.from(keys, ([host, key]) => unknownHost(key, host)));
  const text = `${keys.size} ${keys.size === 1 ? 'host' : 'hosts'} looked up`;
  return { value: null, text, warnings: warnings.filter((warning) => warning !== null) };
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

async function unknownHost(key: string, host: string): Promise<string | null> {
  if (isIP(host) !== 0) return null;
  const found = lookup(host).then(
    () => null,
    (error: unknown) => plainReason(error),
  );
  const reason = await Promise.race([found, delay(LOOKUP_MS, 'no answer in time', { ref: false })]);
  return reason === null ? null : `${key}: ${host}: ${reason}; clients would wait for it in vain`;
}
