import { resolveVhost, type StreamName, streamKey } from '../stream-key.js';
import type { Json } from './json.js';
import type { ApiSource } from './types.js';

/**
 * Tells an edge or another origin where a stream is: at this box's public port, whichever child has
 * it. `host`: the address at which the caller reaches us. Null if it is not published here.
 */
export async function originOf(
  source: ApiSource,
  name: StreamName,
  host: string,
): Promise<Json | null> {
  const vhost = resolveVhost(name.vhost, source.rules.vhosts());
  const key = streamKey({ ...name, vhost });
  const live = (await source.streams()).some(
    ({ stream, publishing }) => publishing && stream === key,
  );
  if (!live) return null;
  const { rtmp, api } = source.ports();
  const where = `${host}:${api ?? 0}`;
  return { ip: host, port: rtmp ?? 0, vhost, api: where, routers: [where] };
}
