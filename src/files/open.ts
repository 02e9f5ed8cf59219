import { realpath } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import send from '@fastify/send';

/** A folder that is shown, and how. */
export interface Shelf {
  readonly root: string;
  /** How long others may keep what they got. */
  readonly maxAgeSeconds: number;
  /** A name's file never changes, and no folder has an index.html. */
  readonly immutable: boolean;
}

/** What a request says that bears on files. */
export interface FileAsk extends Readable {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface FileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** As SRS names them, where others say otherwise or nothing. */
const TYPES: Readonly<Record<string, string>> = {
  '.ts': 'video/MP2T',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mpd': 'application/dash+xml',
  '.flv': 'video/x-flv',
  '.aac': 'audio/x-aac',
  '.m4a': 'audio/x-m4a',
};

/** Files that somebody is writing. */
const UNFINISHED = /\.te?mp$/;
const READ_BYTES = 256 * 1024;

/**
 * Opens the file of a shelf that a path, still encoded, names; with ranges, validators and folders'
 * index.html. Null where there is none to be shown: no way leads out of the folder, and links are no
 * files. The caller reads or destroys the body.
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
    highWaterMark: READ_BYTES,
    onFile: (file) => refuseLinks(root, file),
  }).catch(() => null);
  if (result === null) return null;
  const { statusCode: status, stream: body } = result;
  const isHidden = status === 403 || status === 404;
  if (isHidden || (immutable && result.type === 'directory')) {
    body.destroy();
    return null;
  }
  const type = result.type === 'file' ? TYPES[extname(result.metadata.path)] : undefined;
  const headers = type === undefined || status === 304 ? {} : { 'Content-Type': type };
  return { status, headers: { ...result.headers, ...headers }, body };
}

/** Throws where the file, or a directory on the way to it, is a link. */
async function refuseLinks(root: string, file: string): Promise<void> {
  const [realRoot, real] = await Promise.all([realpath(root), realpath(file)]);
  if (join(realRoot, relative(root, file)) !== real) throw new Error('a link');
}
