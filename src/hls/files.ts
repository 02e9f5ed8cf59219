import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaPlaylist, parsePlaylist } from '../protocol/hls/playlist.js';
import type { StreamName } from '../stream-key.js';

/** Path of a writer's playlist of a stream, below the shared directory. */
export function playlistFile(writer: string, { vhost, app, stream }: StreamName): string {
  return join(writer, vhost, app, `${stream}.m3u8`);
}

/** Reads the last playlist of a writer, even an ended one; null if there is no such file. */
export async function readPlaylist(path: string): Promise<MediaPlaylist | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const list = text === null ? null : parsePlaylist(text);
  return list?.kind === 'value' ? list.value : null;
}
