import type { OwnerRef } from '../../owner.js';

/** A segment's name, which names its writer: `live/x-c001-3-17-1700000000000.ts`. */
export interface SegmentName {
  readonly writer: OwnerRef;
  /** Path as requested, without the leading slash. */
  readonly path: string;
}

/** A playlist's name, `live/x.m3u8`. */
export interface PlaylistName {
  readonly app: string;
  readonly stream: string;
}

// Behind the stream's name: child, generation, sequence number, milliseconds since 1970. With
// bounds on the digits the pattern cannot be proved to be linear.
const SEGMENT = /^\/((?:[^/]+\/)+[^/]+-(c\d{3,})-(\d+)-\d+-\d+\.(?:ts|m4s|mp4|key))$/;
const FOREIGN_SEGMENT = /^\/((?:[^/]+\/)*[^/]+)\/([^/]+)-\d{1,10}\.(?:ts|m4s|mp4|key)$/;
const PLAYLIST = /^\/((?:[^/]+\/)*[^/]+)\/([^/]+)\.m3u8$/;

/** Formats one life of a child (id and generation) for file names. */
export function writerName({ id, generation }: OwnerRef): string {
  return `${id}-${generation}`;
}

/** Parses a writer's name. Returns null if the text is not one. */
export function parseWriter(name: string): OwnerRef | null {
  const [, id = '', generation = ''] = /^(c\d{3,6})-(\d{1,9})$/.exec(name) ?? [];
  return id === '' ? null : { id, generation: Number(generation) };
}

/**
 * SRS's `hls_ts_file` below the vhost's directory. The timestamp is needed because SRS counts from
 * 0 again when a stream returns after a pause.
 */
export function segmentTemplate(writer: OwnerRef): string {
  return `[app]/[stream]-${writerName(writer)}-[seq]-[timestamp].ts`;
}

/** SRS's `hls_key_file`. SRS does not replace `[timestamp]` in it. */
export function keyTemplate(writer: OwnerRef): string {
  return `[app]/[stream]-${writerName(writer)}-[seq]-0.key`;
}

/** SRS's `hls_m3u8_file`: a stream's playlist below the vhost's directory. */
export const PLAYLIST_TEMPLATE = '[app]/[stream].m3u8';

/** Parses a request's path, still percent-encoded: SRS writes names as clients spell them. */
export function parseSegmentPath(path: string): SegmentName | null {
  const [, name = '', id = '', generation = ''] = SEGMENT.exec(path) ?? [];
  if (name === '' || !isPlain(name)) return null;
  return { writer: { id, generation: Number(generation) }, path: name };
}

/** Joins slashes in a row, which SRS takes for one where it looks for HLS files. */
export function joinSlashes(path: string): string {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
}

export function parsePlaylistPath(path: string): PlaylistName | null {
  const [, app = '', stream = ''] = PLAYLIST.exec(path) ?? [];
  return app !== '' && isPlain(app) && isPlain(stream) ? { app, stream } : null;
}

/** Parses `/live/x-17.ts`, the segment name that SRS uses by default. */
export function parseForeignSegment(path: string): PlaylistName | null {
  const [, app = '', stream = ''] = FOREIGN_SEGMENT.exec(path) ?? [];
  return app !== '' && isPlain(app) && isPlain(stream) ? { app, stream } : null;
}

/**
 * Reports whether every part of a path stays inside its directory (no `.`, `..`, empty part or
 * control character).
 */
function isPlain(path: string): boolean {
  return !/[\\\p{Cc}]/u.test(path) && path.split('/').every((part) => !/^\.{0,2}$/.test(part));
}
