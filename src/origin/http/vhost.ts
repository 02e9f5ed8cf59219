import { resolveVhost } from '../../stream-key.js';
import { type Context, vhostNames } from '../context.js';
import type { Exchange } from './reply.js';

/** Returns the host of a request without its port. */
export function hostOf({ request }: Exchange): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '');
}

/** Returns the vhost of a request: `?vhost=`, `?domain=` or its host, resolved by the config. */
export function requestVhost(context: Context, exchange: Exchange): string {
  const query = exchange.url.searchParams;
  const asked = query.get('vhost') ?? query.get('domain') ?? hostOf(exchange);
  return resolveVhost(asked, vhostNames(context));
}

/** Returns the directory for a request: its vhost's own, or the shared one. */
export function webDir(context: Context, exchange: Exchange): string {
  const { vhosts, http } = context.conf;
  return vhosts.get(requestVhost(context, exchange))?.staticDir ?? http?.dir ?? '.';
}
