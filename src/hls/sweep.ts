import type { Dirent } from 'node:fs';
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnerRef } from '../owner.js';
import { parseWriter } from '../protocol/hls/names.js';

export interface SweepOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds after which files are removed. */
  readonly keepMs: number;
  /** Reports whether this life of a child is running. */
  readonly isAlive: (writer: OwnerRef) => boolean;
}

/** The timestamp in a segment's name, which saves a stat call. */
const WRITTEN_AT = /-(\d{13})\.(?:ts|m4s|mp4)(?:\.tmp)?$/;

/**
 * Removes the files of ended children and streams, which SRS leaves behind. Removes one file at a
 * time, so that a long sweep does not block other work. Returns the number of files removed.
 */
export async function sweep(root: string, options: SweepOptions): Promise<number> {
  let removed = 0;
  for (const { name } of await entriesOf(root)) {
    const writer = parseWriter(name);
    const isAlive = writer !== null && options.isAlive(writer);
    removed += await sweepFolder(join(root, name), options, isAlive);
  }
  return removed;
}

async function sweepFolder(path: string, options: SweepOptions, isAlive: boolean): Promise<number> {
  let removed = 0;
  for (const entry of await entriesOf(path)) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) removed += await sweepFolder(inner, options, isAlive);
    else if (await isOld(inner, options, isAlive)) {
      await rm(inner, { force: true });
      removed += 1;
    }
  }
  // rmdir fails if the folder is not empty.
  if (!isAlive) await rmdir(path).catch(() => {});
  return removed;
}

/**
 * Reports whether a file is to be removed. A key may be older than the segments that need it, so
 * keys stay as long as their child runs.
 */
async function isOld(
  path: string,
  { now, keepMs }: SweepOptions,
  isAlive: boolean,
): Promise<boolean> {
  if (isAlive && path.endsWith('.key')) return false;
  const named = Number(WRITTEN_AT.exec(path)?.[1] ?? 0);
  const writtenAt = named || (await stat(path).catch(() => null))?.mtimeMs;
  return writtenAt !== undefined && now - writtenAt > keepMs;
}

/** Lists a folder; empty if it no longer exists. */
function entriesOf(path: string): Promise<Dirent[]> {
  return readdir(path, { withFileTypes: true }).catch(() => []);
}
