import type { OwnerRef } from '../../owner.js';

/** `live/x-c001-3-17-1700000000000.ts`: who wrote it stands in a segment's own name. */
export interface SegmentName {
  readonly writer: OwnerRef;
  /** As asked for, without the slash in front. */
  readonly path: string;
}

/** `live/x.m3u8` */
export interface PlaylistName {
  readonly app: string;
  readonly stream: string;
}

// What follows the stream's name: child, generation, number, milliseconds since 1970.
const SEGMENT =
  /^\/((?:[^/]+\/)+[^/]+-(c\d{3,6})-(\d{1,9})-\d{1,10}-\d{1,16}\.(?:ts|m4s|mp4|key))$/;
const FOREIGN_SEGMENT = /^\/((?:[^/]+\/)*[^/]+)\/([^/]+)-\d{1,10}\.(?:ts|m4s|mp4|key)$/;
const PLAYLIST = /^\/((?:[^/]+\/)*[^/]+)\/([^/]+)\.m3u8$/;

/** One life of a child, as file names have it. */
export function writerName({ id, generation }: OwnerRef): string {
  return `${id}-${generation}`;
}

/** The life that a name is of; null for what is none. */
export function parseWriter(name: string): OwnerRef | null {
  const [, id = '', generation = ''] = /^(c\d{3,6})-(\d{1,9})$/.exec(name) ?? [];
  return id === '' ? null : { id, generation: Number(generation) };
}

/**
 * SRS's template of a segment's name below its vhost's directory. The time is there because SRS
 * counts from 0 again when a stream comes back after a pause.
 */
export function segmentTemplate(writer: OwnerRef): string {
  return `[app]/[stream]-${writerName(writer)}-[seq]-[timestamp].ts`;
}

/** The same of a key's name, where SRS knows no time. */
export function keyTemplate(writer: OwnerRef): string {
  return `[app]/[stream]-${writerName(writer)}-[seq]-0.key`;
}

/** Where SRS puts a stream's playlist below its vhost's directory. */
export const PLAYLIST_TEMPLATE = '[app]/[stream].m3u8';

/** Reads the path of a request, still encoded: SRS writes names as clients spell them. */
export function parseSegmentPath(path: string): SegmentName | null {
  const [, name = '', id = '', generation = ''] = SEGMENT.exec(path) ?? [];
  if (name === '' || !isPlain(name)) return null;
  return { writer: { id, generation: Number(generation) }, path: name };
}

export function parsePlaylistPath(path: string): PlaylistName | null {
  const [, app = '', stream = ''] = PLAYLIST.exec(path) ?? [];
  return app !== '' && isPlain(app) && isPlain(stream) ? { app, stream } : null;
}

/** Whose stream's segment `/live/x-17.ts` is: so SRS names them unless it is told otherwise. */
export function parseForeignSegment(path: string): PlaylistName | null {
  const [, app = '', stream = ''] = FOREIGN_SEGMENT.exec(path) ?? [];
  return app !== '' && isPlain(app) && isPlain(stream) ? { app, stream } : null;
}

/** Whether every part of a path names something inside its directory. */
function isPlain(path: string): boolean {
  return !/[\\\p{Cc}]/u.test(path) && path.split('/').every((part) => !/^\.{0,2}$/.test(part));
}
