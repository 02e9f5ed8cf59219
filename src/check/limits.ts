import { readFile } from 'node:fs/promises';
import { RESERVED_CONNECTIONS } from '../child-access/reserve.js';
import type { Config } from '../config/config.js';
import { SupervisorError } from '../errors.js';

const MOST_CONNECTIONS = 1_000_000;
/** Descriptors per client: its socket, and its child's socket or the file that it reads. */
const PER_CONNECTION = 2;
/** Descriptors per client if hooks decide: a child's call waits here as long as the hook takes. */
const PER_DECISION = 1;
/** Descriptors per child: pipes, a process handle, API connections, and those of its start. */
const PER_CHILD = 10;
/** Descriptors for listeners, logs, the registry and the event loops. */
const OUR_OWN = 64;
/** Connections to the admin port. */
const ADMIN = 32;
/** Concurrent calls to one hook URL. */
const PER_HOOK_URL = 64;
/**
 * One in so many descriptors is for the pipes of slow readers, and as many are for short-lived
 * uses.
 */
const SHARE = 16;
/** Stands for "unlimited": more descriptors than anybody uses. */
const UNLIMITED = 2 ** 22;
/** Descriptors that SRS keeps for itself; it refuses to start with fewer or as many. */
const SRS_OWN = 128;
/** The hooks whose answer a client waits for. */
const DECISIONS = ['on_connect', 'on_publish', 'on_play'] as const;

/** Default share of one address: one in so many of all connections … */
const ADDRESS_SHARE = 4;
/** … but no more than a CDN's edge or a provider's NAT needs, and no less than a household's. */
const MOST_OF_ADDRESS = 10_000;
const LEAST_OF_ADDRESS = 16;

/** Division of the available descriptors. */
export interface DescriptorBudget {
  /** Client connections on all ports. */
  readonly connections: number;
  /** Client connections per address; 0: no limit. */
  readonly connectionsPerIp: number;
  /** Pipes of all relay threads; each has two descriptors. */
  readonly pipes: number;
}

/**
 * Reads the soft RLIMIT_NOFILE of this process, which Node has raised to the hard one; null if it
 * is unlimited or unknown.
 */
export async function fileLimit(): Promise<number | null> {
  try {
    return parseFileLimit(await readFile('/proc/self/limits', 'utf8'));
  } catch {
    return null;
  }
}

/** Parses the soft limit of open files in the text of /proc/PID/limits. */
export function parseFileLimit(limits: string): number | null {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? null : Number(soft);
}

/**
 * Computes how many client connections this process may hold: the configured number, or for `auto`
 * as many as the descriptors allow after those for children, admin port, registry, hooks and logs.
 * @throws ERR_CONFIG if the limit of open files is too low.
 */
export function connectionBudget(
  config: Config,
  childCount: number,
  nofile: number | null,
): DescriptorBudget {
  const limit = nofile ?? UNLIMITED;
  const forChild = config.children.maxConnections + RESERVED_CONNECTIONS + SRS_OWN + 1;
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
