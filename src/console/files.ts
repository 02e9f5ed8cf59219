import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { anyPortOf, headersWith } from '../pages/headers.js';

/** Folder into which the build writes the console. */
const FOLDER = join(import.meta.dirname, '../../pages/console-files');

/** Path -> its file. None has a secret in it, so the browser gets them without a token. */
const FILES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/console/console.js': 'console.js',
  '/console/console.css': 'console.css',
  '/console/icon.svg': 'icon.svg',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Served {
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** Paths of the console's files. */
export const CONSOLE_PATHS = Object.keys(FILES);

/** The files of the console, read once when somebody asks for them. */
export class ConsoleFiles {
  readonly #folder: string;
  readonly #read = new Map<string, Served>();

  constructor(folder = FOLDER) {
    this.#folder = folder;
  }

  /** Answers with the file of one of `CONSOLE_PATHS`. */
  reply(path: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { plain, zipped, type, etag } = this.#file(path);
    const {
      host = '',
      'if-none-match': known,
      'accept-encoding': encodings = '',
    } = request.headers;
    reply.headers({
      ...consoleHeaders(host),
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      etag,
    });
    if (known === etag) return reply.code(304).send();
    const isZipped = /\bgzip\b/.test(String(encodings));
    if (isZipped) reply.header('content-encoding', 'gzip');
    return reply.type(type).send(isZipped ? zipped : plain);
  }

  #file(path: string): Served {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const name = FILES[path] ?? '';
    const plain = readFileSync(join(this.#folder, name));
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    const served = { plain, zipped: gzipSync(plain), type, etag };
    this.#read.set(path, served);
    return served;
  }
}

/**
 * Returns the security headers of the console. It shows player pages of this host in a frame, and
 * no page may show the console in one.
 */
function consoleHeaders(host: string): Readonly<Record<string, string>> {
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': "'self'",
    'frame-src': anyPortOf(host),
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
  return {
    ...headersWith(policy),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}
