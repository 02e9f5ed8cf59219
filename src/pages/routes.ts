/**
 * The room `pages/`: serves the player pages that are built from the top folder `pages/`.
 * May import: files, listener, logging, protocol.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Folders } from '../files/folders.js';
import { openFile, type Shelf } from '../files/open.js';
import { replyFile } from '../files/reply.js';
import type { HttpPlugin } from '../listener/http/app.js';
import type { Logger } from '../logging/logger.js';
import { parseTarget, type RequestTarget } from '../protocol/http/target.js';
import { pageHeaders } from './headers.js';

/** Folder into which the build writes the pages. */
const PAGES = join(import.meta.dirname, '../../pages');
const FOLDER = '/players/';

/** Facts that the pages get; null: that port is closed. */
interface PagePorts {
  /** Decides which features the pages show: mini-srs does not convert RTMP to WebRTC. */
  readonly origin: 'srs' | 'mini-srs' | 'none';
  readonly rtmp: number | null;
  readonly api: number | null;
  readonly apiHttps: number | null;
  readonly rtc: boolean;
  /** Seconds of an HLS segment; null: the template says it. */
  readonly hlsSeconds: number | null;
}

export interface PagesOptions {
  /** Folder of the pages; default: that of this package. */
  readonly root?: string;
  /** User's folders; null: none. Their files take precedence over ours. */
  readonly users: Folders | null;
  /** Called at each request, because ports open after this plugin is made. */
  readonly ports: () => PagePorts;
  readonly logger: Logger;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/**
 * Serves the player pages below `/players/`. Each page has its own route, because an app may have
 * that name.
 */
export function pageRoutes({ root = PAGES, users, ports, logger }: PagesOptions): HttpPlugin {
  return async (app) => {
    const files = await readdir(join(root, FOLDER), { recursive: true }).catch(() => []);
    if (files.length === 0) logger.warn({ folder: root }, 'this build has no player pages');
    const show = shower({ root, maxAgeSeconds: 0, immutable: false }, users);
    const pages: Record<string, Handler> = {
      '/': show(redirect(() => FOLDER.slice(1))),
      [FOLDER.slice(0, -1)]: redirect(() => FOLDER.slice(1)),
      [FOLDER]: show((_request, reply) => reply.callNotFound()),
      [`${FOLDER}config.json`]: (_request, reply) => reply.headers(FRESH).send(ports()),
    };
    for (const file of files) pages[FOLDER + file] = pages[FOLDER] as Handler;
    for (const [name, target] of Object.entries(SRS_NAMES)) {
      pages[FOLDER + name] = show(redirect(target));
    }
    for (const [url, handler] of Object.entries(pages)) {
      app.route({ method: ['GET', 'HEAD'], url, handler });
    }
  };
}

const FRESH = { 'Cache-Control': 'no-store' };

/** SRS's pages -> our page in place of each. */
const SRS_NAMES: Readonly<Record<string, (target: RequestTarget) => string>> = {
  'srs_player.html': ({ query }) =>
    /(?:^|&)stream=[^&]*\.m3u8(?:&|$)/.test(query) ? 'hls.html' : 'flv.html',
  'rtc_player.html': () => 'whep.html',
  'rtc_publisher.html': () => 'whip.html',
};

/** Makes handlers that send the user's file, else ours, else call their fallback. */
function shower(ours: Shelf, users: Folders | null) {
  return (otherwise: Handler): Handler =>
    async (request, reply) => {
      const theirs = users && (await users.open(request.raw));
      if (theirs !== null) return replyFile(request, reply, theirs);
      const file = await openFile(ours, targetOf(request).path, request.raw);
      if (file === null) return otherwise(request, reply);
      reply.headers(pageHeaders(request.headers.host ?? ''));
      return replyFile(request, reply, file);
    };
}

/** Redirects to a path relative to the requested one; keeps the query. */
function redirect(to: (target: RequestTarget) => string): Handler {
  return (request, reply) => {
    const target = targetOf(request);
    const query = target.query === '' ? '' : `?${target.query}`;
    return reply
      .code(302)
      .header('Location', to(target) + query)
      .send();
  };
}

function targetOf({ raw }: FastifyRequest): RequestTarget {
  return parseTarget(raw.url ?? '') ?? { authority: null, path: '', query: '' };
}
