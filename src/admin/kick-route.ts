import { text } from '../config/readers.js';
import { SupervisorError } from '../errors.js';
import type { ConnectionRow } from '../listener/listener.js';
import { readOrder, takeOrders } from './order-body.js';
import type { AdminPlugin } from './server.js';

/** Clients to close; one of these is given. */
export interface KickOrder {
  /** Id of a connection, `ip:port` of a client, or its id in SRS's API. */
  readonly client: string | undefined;
  /** `app/stream` of the default vhost, or `vhost/app/stream`. */
  readonly stream: string | undefined;
  readonly ip: string | undefined;
}

/** Clients that were closed. */
export interface Kicked {
  readonly connections: readonly ConnectionRow[];
  /** Number of closed clients that have no connection of their own: viewers of HLS. */
  readonly sessions: number;
}

const WORD = { reader: text('a word', /^\S{1,1024}$/), fallback: undefined as string | undefined };
const KEYS = { client: WORD, stream: WORD, ip: WORD };

/** `POST /admin/v1/kick`; the answer tells who was closed, 404 if nobody was there. */
export function kickRoute(kick: (order: KickOrder) => Promise<Kicked>): AdminPlugin {
  return async (app) => {
    takeOrders(app, { ERR_USAGE: 400 });
    app.post('/admin/v1/kick', async ({ body }, reply) => {
      const order = readOrder(body, KEYS);
      const given = Object.values(order).filter((value) => value !== undefined);
      if (given.length !== 1) {
        throw new SupervisorError('ERR_USAGE', 'kick: name one of client, stream and ip');
      }
      const kicked = await kick(order);
      if (kicked.connections.length > 0 || kicked.sessions > 0) return kicked;
      return reply.code(404).send({ error: `kick: nobody is there by that name: ${given[0]}` });
    });
  };
}
