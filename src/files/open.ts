import { realpath } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import send from '@fastify/send';
import { OpenReads } from './open-reads.js';

/** A folder to serve, and how. */
export interface Shelf {
  readonly root: string;
  /** Seconds for which clients may cache a file. */
  readonly maxAgeSeconds: number;
  /** Files never change under their name, and folders have no index.html. */
  readonly immutable: boolean;
}

/** The parts of a request that matter for files. */
export interface FileAsk extends Readable {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface FileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** SRS's content types, where the library has others or none. */
const TYPES: Readonly<Record<string, string>> = {
  '.ts': 'video/MP2T',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mpd': 'application/dash+xml',
  '.flv': 'video/x-flv',
  '.aac': 'audio/x-aac',
  '.m4a': 'audio/x-m4a',
};

/** Files that are still being written. */
const UNFINISHED = /\.te?mp$/;
const reads = new OpenReads();

/**
 * Opens the file named by a path, still encoded, with ranges, validators and a folder's index.html.
 * Null if there is none: no path leads out of the folder, and symbolic links are refused. The
 * caller must read or destroy the body.
 */
export async function openFile(
  { root, maxAgeSeconds, immutable }: Shelf,
  path: string,
  ask: FileAsk,
): Promise<FileAnswer | null> {
  if (UNFINISHED.test(path)) return null;
  const result = await send(ask, path, {
    root,
    immutable,
    index: immutable ? false : 'index.html',
    maxAge: maxAgeSeconds * 1000,
    highWaterMark: reads.size,
    onFile: (file) => refuseLinks(root, file),
  }).catch(() => null);
  if (result === null) return null;
  const { statusCode: status, stream: body } = result;
  reads.add(body);
  const isHidden = status === 403 || status === 404;
  if (isHidden || (immutable && result.type === 'directory')) {
    body.destroy();
    return null;
  }
  const type = result.type === 'file' ? TYPES[extname(result.metadata.path)] : undefined;
  const headers = type === undefined || status === 304 ? {} : { 'Content-Type': type };
  return { status, headers: { ...result.headers, ...headers }, body };
}

/** Reports whether `openFile` would find a file of that path, and no folder. */
export async function hasFile(shelf: Shelf, path: string, ask: FileAsk): Promise<boolean> {
  const file = await openFile(shelf, path, ask);
  file?.body.destroy();
  return file !== null && file.headers.Location === undefined;
}

/** Throws if the file, or a directory on its path, is a symbolic link. */
async function refuseLinks(root: string, file: string): Promise<void> {
  const [realRoot, real] = await Promise.all([realpath(root), realpath(file)]);
  if (join(realRoot, relative(root, file)) !== real) throw new Error('a link');
}
