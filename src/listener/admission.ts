import type { Socket } from 'node:net';
import type { Logger } from '../logging/logger.js';
import { logRefusal } from '../logging/refusals.js';
import { type ClientAddress, normalIp, type TrustedProxies } from './client-address.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import { type Counters, countRefusal } from './counters.js';
import { logFailure } from './log-failure.js';
import { readProxyHeader } from './read-proxy-header.js';
import { SessionError } from './session-error.js';

/** Rules of a port for every connection, before its protocol begins. */
export interface AdmissionRules {
  readonly connections: Connections;
  readonly counters: Counters;
  /** Senders of PROXY headers; null: no header is expected. */
  readonly proxies: TrustedProxies | null;
  /** Closes a client that a limit refuses; default: by a reset. */
  readonly turnAway?: ((client: Socket) => void) | undefined;
  readonly logger: Logger;
}

/** The error for a peer that is not a trusted proxy where every client comes by one. */
export const noTrustedProxy = () => new SessionError('invalid', 'proxies.trusted does not name it');

const reset = (client: Socket) => void client.resetAndDestroy();

/** Counts a client in as pending; null if a limit refuses it. */
export function admit(
  { connections, counters, logger }: AdmissionRules,
  ip: string,
  port: number,
): Connection | null {
  const connection = connections.open(ip, port, Date.now());
  if (typeof connection !== 'string') {
    connections.pend(connection);
    return connection;
  }
  countRefusal(counters, connection);
  logRefusal(logger, 'client refused', { client: ip, limit: `limits.${connection}` });
  return null;
}

/** Counts and logs a client whose address cannot be determined. */
export function refuse(
  { counters, logger }: AdmissionRules,
  client: string | undefined,
  error: unknown,
): void {
  counters.failed[logFailure(logger, 'client refused', { client }, error)] += 1;
}

/**
 * Admits connections to a port: determines the client's true address, by the PROXY header where one
 * is required, and counts it within the limits. Only trusted proxies may name an address; behind a
 * load balancer every other peer is refused.
 */
export class Admission {
  readonly #rules: AdmissionRules;
  /** Clients whose PROXY header is incomplete. */
  readonly #waiting = new Set<Socket>();

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
  }

  /**
   * Resolves with null if the connection was closed. Else the socket is untouched, or paused after
   * its header.
   */
  async admit(client: Socket): Promise<Connection | null> {
    const { counters, turnAway = reset } = this.#rules;
    counters.accepted += 1;
    client.on('error', () => {});
    try {
      const { ip, port } = await this.#addressOf(client);
      // A client that has left already has no address.
      const connection = ip === '' ? null : admit(this.#rules, ip, port);
      if (ip === '') client.destroy();
      else if (connection === null) turnAway(client);
      return connection;
    } catch (error) {
      refuse(this.#rules, client.remoteAddress, error);
      client.destroy();
      return null;
    }
  }

  /** Closes the clients whose header is incomplete. */
  close(): void {
    for (const client of this.#waiting) client.destroy();
  }

  async #addressOf(client: Socket): Promise<ClientAddress> {
    const { remoteAddress = '', remotePort = 0 } = client;
    const { proxies } = this.#rules;
    const ip = normalIp(remoteAddress) ?? remoteAddress;
    const peer = { ip, port: remotePort };
    if (proxies === null || ip === '') return peer;
    if (!proxies.has(ip)) throw noTrustedProxy();
    this.#waiting.add(client);
    try {
      return await readProxyHeader(client, peer);
    } finally {
      this.#waiting.delete(client);
    }
  }
}
