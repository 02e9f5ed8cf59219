import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../config/address.js';
import { codeOf, messageOf } from '../errors.js';
import { normalIp } from '../listener/client-address.js';
import type { Origins } from './origins.js';
import { readRegistration } from './registration.js';

const PATH = '/api/v1/srs/register';
/** A heartbeat with summaries has 2 KB. */
const MAX_BODY_BYTES = 64 * 1024;

/** Whether a request is a heartbeat: SRS cannot send a token with one. */
export function isHeartbeat(method: string, url: string): boolean {
  return method === 'POST' && url.split('?')[0] === PATH;
}

/** Where SRS origins register, by their heartbeat, and are taken out again. */
export function registerRoutes(origins: Origins) {
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    // Whatever it is called, it is JSON: curl says that it is a form.
    const parser = { parseAs: 'string', bodyLimit: MAX_BODY_BYTES } as const;
    app.addContentTypeParser('*', parser, (_request, body, done) => done(null, body));
    app.post(PATH, (request, reply) => {
      try {
        const { remoteAddress, localAddress } = request.socket;
        const isNear = isSameMachine(remoteAddress, localAddress);
        const origin = origins.register(readRegistration(parse(request.body), isNear));
        if (origin === null) return reply.code(503).send({ error: 'register: too many origins' });
        const { id, generation, state } = origin;
        return reply.send({ code: 0, pid: String(process.pid), data: { id, generation, state } });
      } catch (error) {
        if (codeOf(error) !== 'ERR_PROTOCOL' && !(error instanceof SyntaxError)) throw error;
        return reply.code(400).send({ error: messageOf(error) });
      }
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

function parse(body: unknown): unknown {
  try {
    return JSON.parse(String(body ?? ''));
  } catch {
    throw new SyntaxError('register: the body must be JSON');
  }
}

/** Also when it has called us by an address of the network. */
function isSameMachine(remote = '', local = ''): boolean {
  const ip = normalIp(remote);
  return ip !== null && (ip === normalIp(local) || isLoopback({ host: ip, port: 0 }));
}
