import { readFile } from 'node:fs/promises';
import { SupervisorError } from '../errors.js';
import type { Config } from './config.js';

const MOST_CONNECTIONS = 1_000_000;
/** A client's socket, and a second descriptor for it: its child's socket, or the file that it reads. */
const PER_CONNECTION = 2;
/** Where a hook decides, a child's call waits here for as long as that takes, for each client. */
const PER_DECISION = 1;
/** Pipes, a process handle and API connections of one child, and what its start takes for a moment. */
const PER_CHILD = 10;
/** Listeners, logs, the registry, the event loops. */
const OUR_OWN = 64;
/** Connections to the admin port. */
const ADMIN = 32;
/** Calls under way to one URL of a hook at a time. */
const PER_HOOK_URL = 64;
/** Of all descriptors one in so many is for pipes of slow readers, and as many for what takes moments. */
const SHARE = 16;
/** Where there is no limit: more than anybody uses. */
const UNLIMITED = 2 ** 22;
/** SRS keeps so many for itself and does not start with less. */
const SRS_OWN = 128;
/** The hooks that a client waits for. */
const DECISIONS = ['on_connect', 'on_publish', 'on_play'] as const;

/** What one address may have where nothing is configured: of all places one in so many … */
const ADDRESS_SHARE = 4;
/** … and no more than a CDN's edge or a provider's NAT can need, but enough for a family. */
const MOST_OF_ADDRESS = 10_000;
const LEAST_OF_ADDRESS = 16;

/** What descriptors there are is divided into. */
export interface DescriptorBudget {
  /** Client connections, on all ports. */
  readonly connections: number;
  /** Of one address; 0: any number. */
  readonly connectionsPerIp: number;
  /** Pipes of all relay threads; each has two descriptors. */
  readonly pipes: number;
}

/**
 * The soft RLIMIT_NOFILE of this process, which Node has raised to the hard one; null where it is
 * unlimited or nobody can tell.
 */
export async function fileLimit(): Promise<number | null> {
  try {
    return parseFileLimit(await readFile('/proc/self/limits', 'utf8'));
  } catch {
    return null;
  }
}

/** Reads the soft limit of open files from the text of /proc/PID/limits. */
export function parseFileLimit(limits: string): number | null {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? null : Number(soft);
}

/**
 * How many client connections this process may hold at once: as configured, or for `auto` as many
 * as its descriptors carry when children, admin port, registry, hooks and logs have theirs.
 * @throws ERR_CONFIG when the limit of open files is too low.
 */
export function connectionBudget(
  config: Config,
  childCount: number,
  nofile: number | null,
): DescriptorBudget {
  const limit = nofile ?? UNLIMITED;
  const forChild = config.children.maxConnections + SRS_OWN + 1;
  if (forChild > limit) {
    throw tooFew('children.maxConnections', config.children.maxConnections, limit, forChild);
  }
  const each = PER_CONNECTION + (isDecided(config) ? PER_DECISION : 0);
  const share = Math.floor(limit / SHARE);
  const own = OUR_OWN + ADMIN + PER_CHILD * childCount + PER_HOOK_URL * urlCount(config);
  const reserve = own + 2 * share;
  const wanted = config.limits.connections;
  const least = wanted === 'auto' ? 1 : wanted;
  if (reserve + least * each > limit) {
    const needed = Math.ceil((own + least * each) / (1 - 2 / SHARE));
    throw tooFew('limits.connections', wanted, limit, needed);
  }
  const fits = Math.min(MOST_CONNECTIONS, Math.floor((limit - reserve) / each));
  const connections = wanted === 'auto' ? fits : wanted;
  const connectionsPerIp = perAddress(config, connections);
  return { connections, connectionsPerIp, pipes: Math.floor(share / 2) };
}

function perAddress({ limits }: Config, connections: number): number {
  if (limits.connectionsPerIp !== 'auto') return limits.connectionsPerIp;
  const share = Math.floor(connections / ADDRESS_SHARE);
  return Math.max(Math.min(share, MOST_OF_ADDRESS), LEAST_OF_ADDRESS);
}

function isDecided({ hooks, srs }: Config): boolean {
  return srs.template !== null || DECISIONS.some((name) => hooks[name].length > 0);
}

function urlCount({ hooks }: Config): number {
  return new Set(Object.values(hooks).flatMap((urls) => (Array.isArray(urls) ? urls : []))).size;
}

function tooFew(
  key: string,
  value: number | string,
  limit: number,
  needed: number,
): SupervisorError {
  return new SupervisorError(
    'ERR_CONFIG',
    `${key}: must fit the limit of open files, got ${value}, which takes ${needed} descriptors where ulimit -n is ${limit}; lower it, or run \`ulimit -n ${needed}\` (systemd: LimitNOFILE=${needed})`,
  );
}
