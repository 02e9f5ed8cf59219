import type { StreamName } from '../../stream-key.js';
import { DEFAULT_VHOST } from '../../stream-key.js';
import { queryVhost, resolveVhost } from '../rtmp/stream-url.js';
import { hostName, type RequestTarget } from './target.js';

/** How the children play a vhost's streams by HTTP. */
export interface LiveMount {
  readonly vhost: string;
  /** SRS's `http_remux.mount`, `[vhost]/[app]/[stream].flv`; null: they do not. */
  readonly mount: string | null;
  /** The children fetch the vhost's streams from elsewhere when somebody plays them. */
  readonly isEdge: boolean;
}

/** A live stream that a request names. */
export interface LiveRequest {
  readonly name: StreamName;
  readonly isEdge: boolean;
  readonly contentType: string;
}

export type LiveMatcher = (target: RequestTarget, host: string) => LiveRequest | null;

/** As SRS names them. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  flv: 'video/x-flv',
  ts: 'video/MP2T',
  mp3: 'audio/mpeg',
  aac: 'audio/x-aac',
};

interface Compiled extends Pick<LiveMount, 'vhost' | 'isEdge'> {
  readonly pattern: RegExp;
  readonly contentType: string;
}

/**
 * Finds the live stream behind a path as SRS does: the vhost is that of the query's `vhost` or
 * `domain`, else the host's, and its mount says which path is a stream. Paths are taken as they are
 * spelled. `vhosts` are all that the children have.
 */
export function liveMatcher(mounts: readonly LiveMount[], vhosts: readonly string[]): LiveMatcher {
  const byVhost = new Map(
    mounts.flatMap((mount) => compile(mount) ?? []).map((one) => [one.vhost, one]),
  );
  return ({ path, query, authority }, host) => {
    const asked = queryVhost(query) || hostName(authority ?? host);
    const mount = byVhost.get(resolveVhost(asked, vhosts));
    const { app, stream } = mount?.pattern.exec(path)?.groups ?? {};
    if (mount === undefined || !app || !stream) return null;
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

/** A mount that begins with its vhost is that host's own; within the path the vhost is a word. */
function patternOf(mount: string, vhost: string): RegExp {
  const path = mount
    .replace(/^\[vhost\]/, '')
    .replaceAll('[vhost]', vhost)
    .replaceAll(`${DEFAULT_VHOST}/`, '');
  const literal = path.replace(/[.*+?^${}()|\\[\]]/g, '\\$&');
  const pattern = literal
    .replace('\\[app\\]', '(?<app>[^/]+)')
    .replace('\\[stream\\]', '(?<stream>[^/]+)');
  return new RegExp(`^${pattern}$`);
}
