import type { Socket } from 'node:net';
import type { Logger } from '../logging/logger.js';
import { logRefusal } from '../logging/refusals.js';
import { type ClientAddress, normalIp, type TrustedProxies } from './client-address.js';
import type { Connection, Connections } from './connections.js';
import { type Counters, countRefusal } from './counters.js';
import { logFailure } from './log-failure.js';
import { readProxyHeader } from './read-proxy-header.js';
import { SessionError } from './session-error.js';

/** What a port asks of every connection before its protocol begins. */
export interface AdmissionRules {
  readonly connections: Connections;
  readonly counters: Counters;
  /** Whose PROXY headers are read; null: nobody sends one. */
  readonly proxies: TrustedProxies | null;
  /** Closes who cannot come in; default: by a reset. */
  readonly turnAway?: ((client: Socket) => void) | undefined;
  readonly logger: Logger;
}

const reset = (client: Socket) => void client.resetAndDestroy();

/**
 * Where connections come in: finds the client's true address, by the PROXY header where one must be
 * there, and counts it within the limits. Nobody's word but a trusted proxy's is taken, and where
 * there is a load balancer nobody gets in past it.
 */
export class Admission {
  readonly #rules: AdmissionRules;
  /** Those whose PROXY header is not whole yet. */
  readonly #waiting = new Set<Socket>();

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
  }

  /** Null: the connection was closed. Else the socket is as it came, or paused behind its header. */
  async admit(client: Socket): Promise<Connection | null> {
    const { connections, counters, logger, turnAway = reset } = this.#rules;
    counters.accepted += 1;
    client.on('error', () => {});
    try {
      const { ip, port } = await this.#addressOf(client);
      // Where it has left already, it has no address.
      const connection = ip === '' ? null : connections.open(ip, port, Date.now());
      if (connection === null) client.destroy();
      else if (typeof connection !== 'string') connections.pend(connection);
      if (typeof connection !== 'string') return connection;
      countRefusal(counters, connection);
      logRefusal(logger, 'client refused', { client: ip, limit: `limits.${connection}` });
      turnAway(client);
    } catch (error) {
      const about = { client: client.remoteAddress };
      counters.failed[logFailure(logger, 'client refused', about, error)] += 1;
      client.destroy();
    }
    return null;
  }

  /** Ends those that are not in yet. */
  close(): void {
    for (const client of this.#waiting) client.destroy();
  }

  async #addressOf(client: Socket): Promise<ClientAddress> {
    const { remoteAddress = '', remotePort = 0 } = client;
    const { proxies } = this.#rules;
    const ip = normalIp(remoteAddress) ?? remoteAddress;
    const peer = { ip, port: remotePort };
    if (proxies === null || ip === '') return peer;
    if (!proxies.has(ip)) {
      throw new SessionError('invalid', 'proxies.trusted does not name it');
    }
    this.#waiting.add(client);
    try {
      return (await readProxyHeader(client)) ?? peer;
    } finally {
      this.#waiting.delete(client);
    }
  }
}
