/**
 * The room `files/`: serves a folder by HTTP with no way out, and constant files from memory.
 * May import: listener, protocol.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpPlugin } from '../listener/http/app.js';
import type { Folders } from './folders.js';
import { replyFile } from './reply.js';

/** Serves folders by GET and HEAD, as SRS's `http_server.dir` does; 404 for missing files. */
export function fileRoutes(folders: Folders): HttpPlugin {
  return async (app) => {
    app.route({ method: ['GET', 'HEAD'], url: '/*', handler: fileHandler(folders) });
  };
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/**
 * Serves what the folders have below `/console/`, as SRS's API port does; all other requests there
 * go to `otherwise`.
 */
export function consoleRoutes(folders: Folders, otherwise: Handler): HttpPlugin {
  const handler: Handler = async (request, reply) => {
    const file = await folders.open(request.raw);
    return file === null ? otherwise(request, reply) : replyFile(request, reply, file);
  };
  return async (app) => {
    app.route({ method: ['GET', 'HEAD'], url: '/console/*', handler });
  };
}

/** The handler of `fileRoutes`, for routes that fall back to files. */
export function fileHandler(folders: Folders) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const file = await folders.open(request.raw);
    return file === null ? reply.callNotFound() : replyFile(request, reply, file);
  };
}
