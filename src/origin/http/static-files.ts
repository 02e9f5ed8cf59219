import { open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { commonHeaders, type Exchange, replyText } from './reply.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html;charset=utf-8',
  '.js': 'application/javascript',
  '.css': 'text/css;charset=utf-8',
  '.json': 'application/json;charset=utf-8',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.ts': 'video/MP2T',
  '.flv': 'video/x-flv',
  '.mp4': 'video/mp4',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** Returns the file of a path below `dir`, or null if the path is malformed. */
export function safePath(dir: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0')) return null;
  const root = path.resolve(dir);
  const file = path.join(root, path.normalize(`/${decoded}`));
  return decoded.endsWith('/') ? path.join(file, 'index.html') : file;
}

/** Sends a whole file, as SRS does: without ranges and validators. */
export async function serveFile(exchange: Exchange, dir: string): Promise<void> {
  const { request, response, url } = exchange;
  const file = safePath(dir, url.pathname);
  const handle = file === null ? null : await open(file).catch(() => null);
  try {
    const stat = await handle?.stat();
    if (file === null || handle === null || !stat?.isFile()) {
      return replyText(exchange, 404, 'Not Found');
    }
    response.writeHead(200, {
      ...commonHeaders(request),
      'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'Content-Length': stat.size,
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(handle.createReadStream({ autoClose: false }), response);
  } finally {
    await handle?.close();
  }
}
