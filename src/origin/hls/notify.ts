import path from 'node:path';
import { messageOf } from '../../errors.js';
import type { Context } from '../context.js';
import { getUrl } from '../post.js';
import type { Publication } from '../service.js';
import type { Written } from './stream.js';

/** Returns a segment's URL relative to the directory of all HLS files; absolute URLs stay. */
function urlOf({ segment, m3u8Url }: Written): string {
  const { uri } = segment;
  return /^https?:/.test(uri) ? uri : path.join(path.dirname(m3u8Url), uri);
}

/** Calls `on_hls`, then `on_hls_notify`, for a new segment. Never rejects. */
export async function notifyHls(
  context: Context,
  { source, subject }: Publication,
  written: Written,
): Promise<void> {
  const { segment, m3u8, m3u8Url } = written;
  const { seq, file, durationMs } = segment;
  await context.hooks.onHls(subject, source, {
    duration: Math.round(durationMs / 10) / 100,
    cwd: process.cwd(),
    file,
    url: urlOf(written),
    m3u8,
    m3u8_url: m3u8Url,
    seq_no: seq,
  });
  for (const template of context.conf.vhosts.get(source.name.vhost)?.hlsNotify ?? []) {
    // A segment with an absolute URL is fetched itself, so that a cache has it before the players
    // ask.
    const isUrl = /^https?:/.test(segment.uri);
    const url = fillNotify(template, context, { source, subject }, segment.uri);
    await get(context, isUrl ? segment.uri : url);
  }
}

function fillNotify(
  template: string,
  { identity }: Context,
  { source, subject }: Publication,
  uri: string,
): string {
  const values: Readonly<Record<string, string>> = {
    '[server_id]': identity.server,
    '[service_id]': identity.service,
    '[app]': encodeURI(source.name.app),
    '[stream]': encodeURI(source.name.stream),
    '[ts_url]': encodeURI(uri),
    '[param]': subject.request.param,
  };
  return Object.entries(values).reduce((url, [name, value]) => url.replace(name, value), template);
}

async function get({ log }: Context, url: string): Promise<void> {
  await getUrl(url).catch((error: unknown) => {
    log.warn('hls', `http: on_hls_notify failed, url=${url}: ${messageOf(error)}`);
  });
}
