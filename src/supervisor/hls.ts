import { totalmem } from 'node:os';
import { hlsFolder } from '../child/workdir.js';
import { type FileOptions, fileHandler, fileRoutes } from '../files/routes.js';
import type { FirstPlaylistOptions } from '../hls/first-playlist.js';
import { type HlsOptions, hlsRoutes } from '../hls/routes.js';
import { Sweeper } from '../hls/sweeper.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { type Directive, find } from '../srs-conf/parse.js';
import type { ListenerParts } from './listener-parts.js';

/** What the HTTP port shows of files: HLS, and the user's folder. */
export interface FileRooms {
  readonly plugins: readonly HttpPlugin[];
  readonly sweeper: Sweeper;
}

const MAX_CACHE_BYTES = 256 * 1024 * 1024;
/** Of all the machine has. */
const CACHE_SHARE = 16;

export function fileRooms(box: ListenerParts): FileRooms {
  const { prepared, routing, logger } = box;
  const { hls, http } = prepared.config;
  const files: FileOptions[] = http.dir === null ? [] : [{ root: http.dir }];
  const options = hlsOptions(box, files[0]);
  const isOn = hls.enabled || prepared.template !== null;
  return {
    plugins: [...(isOn ? [hlsRoutes(options)] : []), ...files.map(fileRoutes)],
    sweeper: new Sweeper({
      root: options.root,
      windowSeconds: options.windowSeconds,
      isAlive: (writer) => routing.isAlive(writer),
      logger: logger.child({ room: 'hls' }),
    }),
  };
}

function hlsOptions(parts: ListenerParts, files: FileOptions | undefined): HlsOptions {
  const { prepared, routing } = parts;
  const { config, vhosts, template } = prepared;
  return {
    root: hlsFolder(config.workDir),
    vhosts,
    windowSeconds: Math.max(config.hls.windowSeconds, ...windowsOf(template ?? [])),
    cacheBytes: Math.min(MAX_CACHE_BYTES, Math.floor(totalmem() / CACHE_SHARE)),
    find: (stream) => routing.find(stream, 'play'),
    first: firstPlaylists(parts),
    ...(config.hls.from === 'child' ? { child: (writer) => routing.httpOf(writer) } : {}),
    ...(files === undefined ? {} : { otherwise: fileHandler(files) }),
  };
}

/** A stream's first segment is complete after its length, and the wait for a keyframe. */
function firstPlaylists({ prepared, routing, holds }: ListenerParts): FirstPlaylistOptions {
  const { hls, http, vhosts } = prepared.config;
  const { template } = prepared;
  const hasHls = (vhost: string) =>
    find(vhostOf(template ?? [], vhost), 'hls', 'enabled')?.args[0] === 'on';
  return {
    isPublished: (stream) => routing.whenPublished(stream, AbortSignal.abort()),
    makesHls: (vhost) =>
      template === null ? hls.enabled && vhosts[vhost] !== 'ts' : hasHls(vhost),
    take: (ip) => holds.take(ip) === null,
    giveBack: (ip) => holds.giveBack(ip),
    waitMs: 1000 * (http.waitSeconds + hls.fragmentSeconds),
  };
}

function vhostOf(template: readonly Directive[], vhost: string): readonly Directive[] {
  const named = template.find(({ name, args }) => name === 'vhost' && args[0] === vhost);
  return named?.children ?? [];
}

/** Seconds of each vhost that says so itself. */
function windowsOf(template: readonly Directive[]): number[] {
  return template
    .filter(({ name }) => name === 'vhost')
    .map(({ children }) => Number(find(children ?? [], 'hls', 'hls_window')?.args[0]))
    .filter((seconds) => seconds > 0);
}
