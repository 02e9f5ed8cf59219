import { TokenBuckets } from '../collections/token-buckets.js';
import { bears } from '../protocol/http/bearer.js';
import { Refused } from './refused.js';
import { type HeartbeatSender, isOurs } from './sender.js';

/** A set of addresses and networks. */
interface Networks {
  has(ip: string): boolean;
}

export interface AdmissionOptions {
  /** Senders that need no token: SRS before 8.0.28 cannot send one. */
  readonly from: Networks;
  /** Addresses that a heartbeat may name besides its sender's own. */
  readonly hosts: Networks;
  /** Bearer tokens; any of them is accepted. */
  readonly tokens: readonly string[];
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Heartbeats per sender: 64 origins with a beat every second, plus a restart of them all. */
const BURST = 256;
const PER_SECOND = 80;

/** Decides which senders may register an origin, and for which address. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #rates: TokenBuckets;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const now = options.now ?? (() => performance.now());
    this.#rates = new TokenBuckets({ burst: BURST, perSecond: PER_SECOND, now });
  }

  /** @throws Refused for an unknown sender, or for one above the rate limit */
  admit({ ip, group }: HeartbeatSender, authorization: string | undefined): void {
    const { from, tokens } = this.#options;
    const isKnown = from.has(ip) || tokens.some((token) => bears(token, authorization));
    if (!isKnown) throw stranger(ip, tokens.length > 0);
    if (!this.#rates.take(group)) throw new Refused(429, `more than ${PER_SECOND} a second`);
  }

  /** @throws Refused if the sender may not register that address */
  vouch({ ip, isNear }: HeartbeatSender, host: string): void {
    if (ip === host || (isNear && isOurs(host)) || this.#options.hosts.has(host)) return;
    throw new Refused(403, `${ip} may not register ${host}: add ${host} to origins.hosts`);
  }
}

function stranger(ip: string, hasToken: boolean): Refused {
  const known = `${ip} may not register: add it to origins.from`;
  if (!hasToken) return new Refused(403, `${known}, or set origins.token`);
  return new Refused(401, `${known}, or send Authorization: Bearer TOKEN (origins.token)`);
}
