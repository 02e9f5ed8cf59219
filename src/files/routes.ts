/**
 * The room `files/`: serves a folder by HTTP with no way out, and constant files from memory.
 * May import: listener, protocol.
 */

import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpPlugin } from '../listener/http/app.js';
import { parseTarget } from '../protocol/http/target.js';
import { hasFile, openFile, type Shelf } from './open.js';
import { replyFile } from './reply.js';

export interface FileOptions {
  readonly root: string;
  /** Prefix of the paths, such as `/console`; default: none. */
  readonly prefix?: string;
  /** Seconds for which clients may cache a file; default: 0, they revalidate each time. */
  readonly maxAgeSeconds?: number;
}

/** Serves a folder by GET and HEAD, as SRS's `http_server.dir` does; 404 for missing files. */
export function fileRoutes(options: FileOptions): HttpPlugin {
  const { prefix = '' } = options;
  return async (app) => {
    app.route({ method: ['GET', 'HEAD'], url: `${prefix}/*`, handler: fileHandler(options) });
  };
}

/** The handler of `fileRoutes`, for routes that fall back to files. */
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

/** Makes a function that reports whether a request names a file of the folder. */
export function fileTest(root: string) {
  const shelf: Shelf = { root, maxAgeSeconds: 0, immutable: false };
  return async (request: IncomingMessage): Promise<boolean> => {
    const path = parseTarget(request.url ?? '')?.path;
    return path !== undefined && hasFile(shelf, path, request);
  };
}
