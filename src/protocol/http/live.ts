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

/** Most characters of a path: those of the longest app and stream of RTMP. */
const MAX_PATH = 4608;

interface Compiled extends Pick<LiveMount, 'vhost' | 'isEdge'> {
  readonly mold: Mold;
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
    const { vhost, isEdge, contentType, mold } = mount;
    const found = fill(path, mold);
    return found && { name: { vhost, ...found }, isEdge, contentType };
  };
}

function compile({ vhost, mount, isEdge }: LiveMount): Compiled | null {
  const extension = /\.(flv|ts|mp3|aac)$/.exec(mount ?? '')?.[1];
  if (mount === null || extension === undefined) return null;
  const mold = moldOf(mount, vhost);
  return mold && { vhost, isEdge, contentType: CONTENT_TYPES[extension] ?? '', mold };
}

/** The texts around `[app]` and `[stream]` in a mount. */
interface Mold {
  readonly before: string;
  readonly between: string;
  readonly after: string;
  readonly isAppFirst: boolean;
}

/**
 * Reads a mount; null if it does not name both app and stream. SRS serves a mount that begins with
 * `[vhost]` on that host; a `[vhost]` later in the mount is replaced by the vhost's name.
 */
function moldOf(mount: string, vhost: string): Mold | null {
  const path = mount
    .replace(/^\[vhost\]/, '')
    .replaceAll('[vhost]', vhost)
    .replaceAll(`${DEFAULT_VHOST}/`, '');
  const parts = path.split(/\[(app|stream)\]/);
  const [before = '', first, between = '', second, after = ''] = parts;
  if (parts.length !== 5 || first === second) return null;
  return { before, between, after, isAppFirst: first === 'app' };
}

/**
 * Finds app and stream in a path, in linear time: a stream has no slash, so it begins behind the
 * last `between`, or ends at the last one before the first slash.
 */
function fill(path: string, mold: Mold): Pick<StreamName, 'app' | 'stream'> | null {
  const { before, between, after, isAppFirst } = mold;
  const end = path.length - after.length;
  if (!path.startsWith(before) || !path.endsWith(after) || end <= before.length) return null;
  const names = path.slice(before.length, end);
  const last = names.length - between.length - 1;
  const slash = isAppFirst ? -1 : names.indexOf('/');
  const at = names.lastIndexOf(between, slash < 0 ? last : Math.min(slash, last));
  if (at <= 0) return null;
  const [first, second] = [names.slice(0, at), names.slice(at + between.length)];
  const [app, stream] = isAppFirst ? [first, second] : [second, first];
  // An app has one level or more, none of them empty.
  return stream.includes('/') || /^\/|\/\/|\/$/.test(app) ? null : { app, stream };
}
