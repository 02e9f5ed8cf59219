import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpPlugin } from '../listener/http/app.js';
import { parseTarget } from '../protocol/http/target.js';
import { openFile, type Shelf } from './open.js';
import { replyFile } from './reply.js';

export interface FileOptions {
  readonly root: string;
  /** What comes before their names, `/console`; default: nothing. */
  readonly prefix?: string;
  /** How long others may keep what they got; default: they ask each time whether it has changed. */
  readonly maxAgeSeconds?: number;
}

/** Shows a folder by GET and HEAD, SRS's `http_server.dir`. What is not there is not found. */
export function fileRoutes(options: FileOptions): HttpPlugin {
  const { prefix = '' } = options;
  return async (app) => {
    app.route({ method: ['GET', 'HEAD'], url: `${prefix}/*`, handler: fileHandler(options) });
  };
}

/** The handler of `fileRoutes`, for others' routes that have nothing of their own to show. */
export function fileHandler({ root, prefix = '', maxAgeSeconds = 0 }: FileOptions) {
  const shelf: Shelf = { root, maxAgeSeconds, immutable: false };
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const path = parseTarget(request.raw.url ?? '')?.path ?? '';
    if (!path.startsWith(`${prefix}/`)) return reply.callNotFound();
    const file = await openFile(shelf, path.slice(prefix.length), request.raw);
    if (file === null) return reply.callNotFound();
    const { Location: location } = file.headers;
    if (location === undefined) return replyFile(request, reply, file);
    const headers = { ...file.headers, Location: prefix + location };
    return replyFile(request, reply, { ...file, headers });
  };
}
