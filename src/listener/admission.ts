import type { Socket } from 'node:net';
import type { Logger } from '../logging/logger.js';
import { logRefusal } from '../logging/refusals.js';
import { type ClientAddress, normalIp, type TrustedProxies } from './client-address.js';
import type { Connection, Connections } from './connections.js';
import { type Counters, countRefusal } from './counters.js';
import { logFailure } from './log-failure.js';
import { readProxyHeader } from './read-proxy-header.js';
import { SessionError } from './session-error.js';

/** The demands of a port on every connection before its protocol begins. */
export interface AdmissionRules {
  readonly connections: Connections;
  readonly counters: Counters;
  /** The senders of PROXY headers; null: there are none. */
  readonly proxies: TrustedProxies | null;
  /** Closes a client that cannot come in; default: by a reset. */
  readonly turnAway?: ((client: Socket) => void) | undefined;
  readonly logger: Logger;
}

/** The peer is none of the proxies, and there is no other way in. */
export const noTrustedProxy = () => new SessionError('invalid', 'proxies.trusted does not name it');

const reset = (client: Socket) => void client.resetAndDestroy();

/** Counts a client in, which has not said yet what it wants; null: a limit refuses it. */
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

/** Counts and logs a client whose address cannot be known. */
export function refuse(
  { counters, logger }: AdmissionRules,
  client: string | undefined,
  error: unknown,
): void {
  counters.failed[logFailure(logger, 'client refused', { client }, error)] += 1;
}

/**
 * The way of a connection into a port: finds the client's true address, by the PROXY header where one
 * must be there, and counts it within the limits. Nobody's word but a trusted proxy's is taken, and
 * behind a load balancer nobody gets in past it.
 */
export class Admission {
  readonly #rules: AdmissionRules;
  /** Clients whose PROXY header is not whole yet. */
  readonly #waiting = new Set<Socket>();

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
  }

  /** Null: the connection was closed. Else the socket is as it came, or paused behind its header. */
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

  /** Ends the clients that are not in yet. */
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
      return (await readProxyHeader(client)) ?? peer;
    } finally {
      this.#waiting.delete(client);
    }
  }
}
