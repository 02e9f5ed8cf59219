import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf, messageOf } from '../errors.js';
import type { Admission } from './admission.js';
import type { OriginStatus } from './entry.js';
import type { Origins } from './origins.js';
import { Refused } from './refused.js';
import { readRegistration } from './registration.js';
import { type HeartbeatSender, senderOf } from './sender.js';

const PATH = '/api/v1/srs/register';
/** Bytes. A heartbeat with summaries has 2 KB. */
const MAX_BODY_BYTES = 64 * 1024;

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
    app.post(PATH, { onRequest, errorHandler: refuse(parts) }, async (request) => {
      const { id, generation, state } = await take(parts, request);
      return { code: 0, pid: String(process.pid), data: { id, generation, state } };
    });
    const remove = (name: string) => origins.remove(name);
    app.delete(`${PATH}/:name`, (request, reply) => {
      const { name } = request.params as { name: string };
      return remove(name) ? reply.send({ code: 0 }) : reply.code(404).send(nobody(name));
    });
    app.delete(PATH, (request, reply) => {
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
