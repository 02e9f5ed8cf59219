import { readFile } from 'node:fs/promises';
import { SupervisorError } from '../errors.js';
import type { Config } from './config.js';

const MOST_CONNECTIONS = 1_000_000;
/** A relayed connection has two sockets: the client's and the child's. */
const PER_CONNECTION = 2;
/** Pipes, a process handle and API connections of one child. */
const PER_CHILD = 10;
/** Listeners, logs, the registry, the event loops. */
const OUR_OWN = 64;
/** SRS keeps so many for itself and does not start with less. */
const SRS_OWN = 128;

/** The soft RLIMIT_NOFILE of this process; null where it is unlimited or nobody can tell. */
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
 * as its descriptors carry. @throws ERR_CONFIG when the limit of open files is too low.
 */
export function connectionBudget(
  config: Config,
  childCount: number,
  nofile: number | null,
): { connections: number } {
  const limit = nofile ?? Number.POSITIVE_INFINITY;
  const forChild = config.children.maxConnections + SRS_OWN + 1;
  if (forChild > limit) {
    throw tooFew('children.maxConnections', config.children.maxConnections, limit, forChild);
  }
  const own = OUR_OWN + PER_CHILD * childCount;
  const wanted = config.limits.connections;
  const least = wanted === 'auto' ? 1 : wanted;
  if (own + least * PER_CONNECTION > limit) {
    throw tooFew('limits.connections', wanted, limit, own + least * PER_CONNECTION);
  }
  const fits = Math.min(MOST_CONNECTIONS, Math.floor((limit - own) / PER_CONNECTION));
  return { connections: wanted === 'auto' ? fits : wanted };
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
