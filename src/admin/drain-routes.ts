import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AdminPlugin } from './server.js';
import type { ChildRow } from './types.js';

/** Drains children. */
export interface DrainedChildren {
  /** Stops new streams of a child; false if there is no child of that id. */
  drain(id: string): boolean;
  /** Allows new streams again; false if there is no child of that id. */
  undrain(id: string): boolean;
  /** Returns all children. */
  rows(): readonly ChildRow[];
}

type Request = FastifyRequest<{ Params: { id: string } }>;

/** `POST /admin/v1/children/:id/drain` and `/undrain`; the answer is the child's row, at once. */
export function drainRoutes(children: DrainedChildren): AdminPlugin {
  const answer = ({ params: { id } }: Request, reply: FastifyReply, isKnown: boolean) => {
    if (isKnown) return reply.send(children.rows().find((row) => row.id === id));
    const text = `no child of ours is called ${id}: GET /admin/v1/children lists them`;
    return reply.code(404).send({ error: text });
  };
  return async (app) => {
    app.post('/admin/v1/children/:id/drain', async (request: Request, reply) =>
      answer(request, reply, children.drain(request.params.id)),
    );
    app.post('/admin/v1/children/:id/undrain', async (request: Request, reply) =>
      answer(request, reply, children.undrain(request.params.id)),
    );
  };
}
