import { resolveVhost } from '../../protocol/rtmp/stream-url.js';
import { type Context, vhostNames } from '../context.js';
import type { Exchange } from './reply.js';

/** The host that a request names, without its port. */
export function hostOf({ request }: Exchange): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '');
}

/** The vhost that a request is for: `?vhost=`, `?domain=` or its host, as the config knows it. */
export function requestVhost(context: Context, exchange: Exchange): string {
  const query = exchange.url.searchParams;
  const asked = query.get('vhost') ?? query.get('domain') ?? hostOf(exchange);
  return resolveVhost(asked, vhostNames(context));
}

/** The directory whose files a request is for: its vhost's own, or the one that all share. */
export function webDir(context: Context, exchange: Exchange): string {
  const { vhosts, http } = context.conf;
  return vhosts.get(requestVhost(context, exchange))?.staticDir ?? http?.dir ?? '.';
}
