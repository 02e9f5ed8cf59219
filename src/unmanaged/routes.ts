import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CHILD_STATE } from '../child/types.js';
import { codeOf, messageOf } from '../errors.js';
import { COUNT } from '../fields.js';
import { json, type RouteDoc } from '../openapi/route-doc.js';
import type { Admission } from './admission.js';
import type { OriginStatus } from './entry.js';
import type { Origins } from './origins.js';
import { Refused } from './refused.js';
import { HEARTBEAT, readRegistration } from './registration.js';
import { type HeartbeatSender, senderOf } from './sender.js';

const PATH = '/api/v1/srs/register';
/** Bytes. A heartbeat with summaries has 2 KB. */
const MAX_BODY_BYTES = 64 * 1024;

const REMOVED = json(z.object({ code: z.literal(0) }), 'it is removed');
const NAME = z.string().describe('id of the origin (o001), or its server id');
const NOBODY = { 404: 'no origin has that name' };

const DOCS = {
  register: {
    summary: "Register an SRS that runs elsewhere: SRS's own heartbeat",
    tag: 'origins',
    isFree: true,
    body: HEARTBEAT,
    answers: {
      200: json(
        z.object({
          code: z.literal(0),
          pid: z.string(),
          data: z.object({ id: z.string(), generation: COUNT, state: CHILD_STATE }),
        }),
        'the origin is known',
      ),
    },
    errors: {
      400: 'it is no heartbeat',
      401: 'origins.token is needed',
      403: 'the sender may not register, or not that address',
      409: 'another origin has that port',
      413: 'it is too long',
      429: 'the sender asks, or starts its origins, too often',
      503: 'there are too many origins',
    },
  },
  remove: {
    summary: 'Remove a registered origin',
    tag: 'origins',
    params: z.object({ name: NAME }),
    answers: { 200: REMOVED },
    errors: NOBODY,
  },
  removeByQuery: {
    summary: 'Remove a registered origin, as the Go proxy is asked to',
    tag: 'origins',
    query: z.object({ id: NAME.optional(), server: NAME.optional() }),
    answers: { 200: REMOVED },
    errors: NOBODY,
  },
} as const satisfies Record<string, RouteDoc>;

/** Reports whether a request is a heartbeat: `Admission` decides on those, not the admin token. */
export function isHeartbeat(method: string, url: string): boolean {
  return method === 'POST' && url.split('?')[0] === PATH;
}

export interface RegisterParts {
  readonly origins: Origins;
  readonly admission: Admission;
  /** `Authorization` header for the HTTP APIs of registered origins, or null. */
  readonly authorization: string | null;
}

/** The routes where SRS origins register by heartbeat, and are removed. */
export function registerRoutes(parts: RegisterParts) {
  const { origins } = parts;
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    // Any content type is read as JSON: curl sends the type of a form.
    const parser = { parseAs: 'string', bodyLimit: MAX_BODY_BYTES } as const;
    app.addContentTypeParser('*', parser, (_request, body, done) => done(null, body));
    // Admission comes before the body is read, so an unknown sender's body never is.
    const onRequest = async (request: FastifyRequest) => admit(parts, request);
    const registers = { config: { doc: DOCS.register }, onRequest, errorHandler: refuse(parts) };
    app.post(PATH, registers, async (request) => {
      const { id, generation, state } = await take(parts, request);
      return { code: 0, pid: String(process.pid), data: { id, generation, state } };
    });
    const remove = (name: string) => origins.remove(name);
    app.delete(`${PATH}/:name`, { config: { doc: DOCS.remove } }, (request, reply) => {
      const { name } = request.params as { name: string };
      return remove(name) ? reply.send({ code: 0 }) : reply.code(404).send(nobody(name));
    });
    app.delete(PATH, { config: { doc: DOCS.removeByQuery } }, (request, reply) => {
      const { server, id } = request.query as { server?: unknown; id?: unknown };
      const name = String(id ?? server ?? '');
      return remove(name) ? reply.send({ code: 0 }) : reply.code(404).send(nobody(name));
    });
  };
}

function nobody(name: string): { error: string } {
  return { error: `register: no origin ${JSON.stringify(name)}` };
}

function admit({ admission }: RegisterParts, request: FastifyRequest): void {
  admission.admit(sender(request), request.headers.authorization);
}

async function take(parts: RegisterParts, request: FastifyRequest): Promise<OriginStatus> {
  const { origins, admission, authorization } = parts;
  const from = sender(request);
  const registration = readRegistration(parse(request.body), from.isNear);
  admission.vouch(from, registration.host);
  const status = await origins.register(registration, { sender: from.group, authorization });
  origins.refusals.forget(from.ip);
  return status;
}

/** SRS does not log the response, so the refusal is logged and listed here. */
function refuse({ origins }: RegisterParts) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = statusOf(error);
    if (status === null) throw error;
    const reason = messageOf(error);
    origins.refusals.note(sender(request).ip, reason);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(status).send({ error: reason });
  };
}

/** Returns the HTTP status for a fault of the request; null for any other error. */
function statusOf(error: unknown): number | null {
  if (error instanceof Refused) return error.status;
  if (codeOf(error) === 'ERR_PROTOCOL' || error instanceof SyntaxError) return 400;
  return codeOf(error) === 'FST_ERR_CTP_BODY_TOO_LARGE' ? 413 : null;
}

/** @throws Refused if the peer has disconnected */
function sender({ socket }: FastifyRequest): HeartbeatSender {
  const from = senderOf(socket.remoteAddress, socket.localAddress);
  if (from === null) throw new Refused(403, 'the sender has disconnected');
  return from;
}

function parse(body: unknown): unknown {
  try {
    return JSON.parse(String(body ?? ''));
  } catch {
    throw new SyntaxError('register: the body must be JSON');
  }
}
