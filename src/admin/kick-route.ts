import { z } from 'zod';
import { SupervisorError } from '../errors.js';
import { COUNT } from '../fields.js';
import { CONNECTION_ROW } from '../listener/listener.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import { matching, readOrder, takeOrders } from './order-body.js';
import type { AdminPlugin } from './server.js';

const WORD = matching('a word', /^\S{1,1024}$/).optional();
const KICK_ORDER = z.strictObject({
  client: WORD.describe("id of a connection, ip:port of a client, or its id in SRS's API"),
  stream: WORD.describe('app/stream of the default vhost, or vhost/app/stream'),
  ip: WORD.describe('address of clients'),
});
/** Clients to close; one of these is given. */
export type KickOrder = Readonly<z.infer<typeof KICK_ORDER>>;

/** Clients that were closed. */
const KICKED = z
  .object({
    connections: z.array(CONNECTION_ROW).readonly(),
    sessions: COUNT.describe(
      'number of closed clients that have no connection of their own: viewers of HLS',
    ),
  })
  .meta({ id: 'Kicked' });
export type Kicked = Readonly<z.infer<typeof KICKED>>;

const DOC: RouteDoc = {
  summary: 'Close clients by one of client, stream and ip',
  tag: 'orders',
  body: KICK_ORDER,
  answers: { 200: json(KICKED, 'who was closed') },
  errors: { 400: 'not exactly one of the keys is given', 404: 'nobody is there by that name' },
};

/** `POST /admin/v1/kick`; the answer tells who was closed, 404 if nobody was there. */
export function kickRoute(kick: (order: KickOrder) => Promise<Kicked>): AdminPlugin {
  return async (app) => {
    takeOrders(app, { ERR_USAGE: 400 });
    app.post('/admin/v1/kick', { config: { doc: DOC } }, async ({ body }, reply) => {
      const order = readOrder(body, KICK_ORDER);
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
