import type { Dirent } from 'node:fs';
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnerRef } from '../owner.js';
import { parseWriter } from '../protocol/hls/names.js';

export interface SweepOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Files that were written longer ago go. */
  readonly keepMs: number;
  /** Whether this life of a child goes on. */
  readonly isAlive: (writer: OwnerRef) => boolean;
}

/** The time in a segment's name saves asking for that of the file. */
const WRITTEN_AT = /-(\d{13})\.(?:ts|m4s|mp4)(?:\.tmp)?$/;

/**
 * Removes what SRS leaves behind of children and streams that have ended. One file after the other,
 * so that a long sweep holds nobody up. Answers how many files went.
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
  // Not where there is something in it.
  if (!isAlive) await rmdir(path).catch(() => {});
  return removed;
}

/** A key may be older than the segments that it opens; it goes with its child. */
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

/** None where the folder has gone meanwhile. */
function entriesOf(path: string): Promise<Dirent[]> {
  return readdir(path, { withFileTypes: true }).catch(() => []);
}
