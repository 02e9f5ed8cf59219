import { DEFAULT_VHOST, resolveVhost, type StreamName } from '../../stream-key.js';
import { queryVhost } from '../rtmp/stream-url.js';
import { hostName, type RequestTarget } from './target.js';

/** A vhost's `http_remux` settings in the children's config. */
export interface LiveMount {
  readonly vhost: string;
  /** SRS's `http_remux.mount`, `[vhost]/[app]/[stream].flv`; null if remuxing is off. */
  readonly mount: string | null;
  /** The vhost is an edge: children pull its streams from elsewhere when a player asks. */
  readonly isEdge: boolean;
}

/** A live stream that a request names. */
export interface LiveRequest {
  readonly name: StreamName;
  readonly isEdge: boolean;
  readonly contentType: string;
}

export type LiveMatcher = (target: RequestTarget, host: string) => LiveRequest | null;

/** Content types as SRS sends them, by extension of the mount. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  flv: 'video/x-flv',
  ts: 'video/MP2T',
  mp3: 'audio/mpeg',
  aac: 'audio/x-aac',
};

/**
 * Most characters of a path: those of the longest app and stream of RTMP. A mount such as
 * `[app]-[stream]` may take time that is quadratic in them.
 */
const MAX_PATH = 4608;

interface Compiled extends Pick<LiveMount, 'vhost' | 'isEdge'> {
  readonly pattern: RegExp;
  readonly contentType: string;
}

/**
 * Builds a function that finds the live stream behind a path as SRS does: the vhost comes from the
 * query's `vhost` or `domain`, else from the host, and the vhost's mount tells which paths are
 * streams. Paths are compared undecoded. `vhosts` are all vhosts of the children's config.
 */
export function liveMatcher(mounts: readonly LiveMount[], vhosts: readonly string[]): LiveMatcher {
  const byVhost = new Map(
    mounts.flatMap((mount) => compile(mount) ?? []).map((one) => [one.vhost, one]),
  );
  return ({ path, query, authority }, host) => {
    const asked = queryVhost(query) || hostName(authority ?? host);
    const mount = byVhost.get(resolveVhost(asked, vhosts));
    if (mount === undefined || path.length > MAX_PATH) return null;
    const { app, stream } = mount.pattern.exec(path)?.groups ?? {};
    if (!app || !stream) return null;
    const { vhost, isEdge, contentType } = mount;
    return { name: { vhost, app, stream }, isEdge, contentType };
  };
}

function compile({ vhost, mount, isEdge }: LiveMount): Compiled | null {
  const extension = /\.(flv|ts|mp3|aac)$/.exec(mount ?? '')?.[1];
  if (mount === null || extension === undefined) return null;
  const contentType = CONTENT_TYPES[extension] ?? '';
  return { vhost, isEdge, contentType, pattern: patternOf(mount, vhost) };
}

/** An app has one level or more, none of them empty: a path with `//` is no stream's. */
const APP = '(?<app>[^/]+(?:/[^/]+)*)';

/**
 * Compiles a mount to a pattern. SRS serves a mount that begins with `[vhost]` on that host; a
 * `[vhost]` later in the mount is replaced by the vhost's name.
 */
function patternOf(mount: string, vhost: string): RegExp {
  const path = mount
    .replace(/^\[vhost\]/, '')
    .replaceAll('[vhost]', vhost)
    .replaceAll(`${DEFAULT_VHOST}/`, '');
  const literal = path.replace(/[.*+?^${}()|\\[\]]/g, '\\$&');
  const pattern = literal.replace('\\[app\\]', APP).replace('\\[stream\\]', '(?<stream>[^/]+)');
  return new RegExp(`^${pattern}$`);
}
