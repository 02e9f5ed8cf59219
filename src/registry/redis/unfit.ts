import { plainReason } from '../../errors.js';

/** Least version: our scripts call `TIME` before writes, which older ones refuse. */
const LEAST_MAJOR = 5;

/** Facts of a server that decide whether it is usable. */
export interface ServerFacts {
  /** `7.0.15`, or `unknown`. */
  readonly version: string;
  /** `standalone`, `cluster` or `sentinel`. */
  readonly mode: string;
  /** `master`, `slave` or `sentinel`. */
  readonly role: string;
}

/** Parses the answer to INFO. */
export function factsIn(info: string): ServerFacts {
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? 'unknown';
  return { version: field('redis_version'), mode: field('redis_mode'), role: field('role') };
}

/** Returns why a server that answers cannot hold the map; null if it can. */
export function unfitness({ version, mode, role }: ServerFacts, protocol: string): string | null {
  const isOf = (kind: string) => new RegExp(`^rediss?\\+${kind}:`).test(protocol);
  if (Number.parseInt(version, 10) < LEAST_MAJOR) {
    return `version ${version} is too old, ${LEAST_MAJOR} or later is needed`;
  }
  if (version === 'unknown') return 'it does not tell its version';
  if (mode === 'sentinel') return 'it is a Sentinel: write redis+sentinel://HOST:PORT/MASTER';
  if (mode === 'cluster' && !isOf('cluster')) {
    return 'it is a node of a Redis Cluster: write redis+cluster://HOST:PORT';
  }
  if (role === 'slave' && !isOf('cluster')) return 'it is a replica: name its master, or Sentinels';
  return null;
}

/** Error texts of the client library -> reasons for the user. The first match counts. */
const REASONS: readonly [RegExp, (text: string) => string][] = [
  [
    // ioredis' text for a Sentinel.
    / because (NOAUTH|WRONGPASS|NOPERM)/,
    (text) =>
      `a Sentinel refuses us (${text.slice(text.indexOf('because ') + 8)}): set cluster.sentinelAuth`,
  ],
  [/^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password)/, (text) => `it refuses us (${text})`],
  [/No such master|invalid reply: null/, () => 'the Sentinels know no master of that name'],
  [/Protocol error|unknown command/i, () => 'the server there does not speak the Redis protocol'],
  [/cluster support disabled/, () => 'it is no Redis Cluster: write redis://HOST:PORT'],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNRESET/, lastPart],
  [/ETIMEDOUT/, () => 'the connection timed out'],
  [/Command timed out/, () => 'it accepts a connection, but does not answer'],
  [/Connection is closed/, () => 'no Redis server answers there'],
];

/** Returns why no server could be reached, from all errors until then. */
export function reasonOf(heard: readonly string[]): string {
  for (const [pattern, reason] of REASONS) {
    const text = heard.find((message) => pattern.test(message));
    if (text !== undefined) return reason(text);
  }
  return heard[0] ?? 'it does not answer';
}

/** Returns the inner error of a message that quotes one, in plain words. */
function lastPart(text: string): string {
  const [, code = '', where = ''] = /(E[A-Z_]{5,}) ?(\S*)/.exec(text) ?? [];
  return `${plainReason({ code })}${where === '' ? '' : ` (${where})`}`;
}
