import { totalmem } from 'node:os';
import { hlsFolder } from '../child/workdir.js';
import type { Config } from '../config/config.js';
import type { Folders } from '../files/folders.js';
import { fileHandler, fileRoutes } from '../files/routes.js';
import type { EarlyOptions } from '../hls/early.js';
import { type HlsOptions, hlsRoutes } from '../hls/routes.js';
import { Sweeper } from '../hls/sweeper.js';
import { Viewers } from '../hls/viewers.js';
import type { HeldHooks } from '../listener/held-hooks.js';
import type { HoldBudget } from '../listener/hold-budget.js';
import type { HttpPlugin } from '../listener/http/app.js';
import type { Logger } from '../logging/logger.js';
import type { Current } from './renewals.js';
import type { Routing } from './routing.js';
import type { Served } from './served.js';

export interface FileParts {
  readonly gate: HlsOptions['gate'];
  readonly config: Pick<Config, 'workDir'>;
  readonly current: Current;
  readonly served: Pick<Served, 'vhosts' | 'makesHls' | 'hlsWindowSeconds'>;
  /** The user's own files. */
  readonly folders: Folders | null;
  readonly routing: Pick<Routing, 'find' | 'isAlive' | 'httpOf' | 'whenPublished'>;
  readonly holds: HoldBudget;
  /** The user's hooks, for viewers that wait. */
  readonly heldHooks: HeldHooks;
  readonly viewers: Viewers;
  readonly logger: Logger;
}

/** File plugins of the HTTP port: HLS and the user's folders. */
export interface FileRooms {
  readonly plugins: readonly HttpPlugin[];
  readonly sweeper: Sweeper;
}

const MAX_CACHE_BYTES = 256 * 1024 * 1024;
/** Divisor: the cache gets this share of all memory. */
const CACHE_SHARE = 16;

export function fileRooms(parts: FileParts): FileRooms {
  const { served, folders, routing, logger } = parts;
  const options = hlsOptions(parts);
  const files = folders === null ? [] : [fileRoutes(folders)];
  return {
    // Also where no vhost has HLS: a reload may bring it.
    plugins: [hlsRoutes(options), ...files],
    sweeper: new Sweeper({
      root: options.root,
      get windowSeconds() {
        return served.hlsWindowSeconds;
      },
      isAlive: (writer) => routing.isAlive(writer),
      logger: logger.child({ room: 'hls' }),
    }),
  };
}

/** Makes what follows the sessions of HLS viewers. */
export function makeViewers({ served, logger }: Pick<FileParts, 'served' | 'logger'>): Viewers {
  return new Viewers({
    get windowSeconds() {
      return served.hlsWindowSeconds;
    },
    logger: logger.child({ room: 'hls' }),
  });
}

function hlsOptions(parts: FileParts): HlsOptions {
  const { config, current, gate, served, folders, routing, viewers, logger } = parts;
  return {
    root: hlsFolder(config.workDir),
    vhosts: () => served.vhosts,
    gate,
    get windowSeconds() {
      return served.hlsWindowSeconds;
    },
    viewers,
    cacheBytes: Math.min(MAX_CACHE_BYTES, Math.floor(totalmem() / CACHE_SHARE)),
    find: (stream) => routing.find(stream, 'play'),
    early: earlyViewers(parts),
    logger: logger.child({ room: 'hls' }),
    child: (writer) => (current.config.hls.from === 'child' ? routing.httpOf(writer) : null),
    ...(folders === null ? {} : fallback(folders)),
  };
}

function fallback(folders: Folders): Pick<HlsOptions, 'otherwise' | 'isFile'> {
  return { otherwise: fileHandler(folders), isFile: (request) => folders.has(request) };
}

/** A stream's first segment is complete after its length, and the wait for a keyframe. */
function earlyViewers(parts: FileParts): EarlyOptions {
  const { current, served, routing, holds, heldHooks } = parts;
  return {
    whenPublished: (stream, signal) => routing.whenPublished(stream, signal),
    makesHls: (vhost) => served.makesHls(vhost),
    take: (ip) => holds.take(ip) === null,
    giveBack: (ip) => holds.giveBack(ip),
    hooks: heldHooks,
    get publisherMs() {
      return 1000 * current.config.http.waitSeconds;
    },
    get waitMs() {
      const { http, hls } = current.config;
      return 1000 * (http.waitSeconds + hls.fragmentSeconds);
    },
  };
}
