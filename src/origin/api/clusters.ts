import os from 'node:os';
import { resolveVhost } from '../../stream-key.js';
import { type Context, vhostNames } from '../context.js';
import type { Exchange } from '../http/reply.js';
import { sourceName } from '../media/sources.js';
import type { View } from './views.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

function withoutPort(address: string): string {
  return address.replace(/:\d+$/, '');
}

/** Returns the first address that is not loopback. */
export function outsideAddress(): string {
  const addresses = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
  return outside?.address ?? '127.0.0.1';
}

/** Answers `/api/v1/clusters`: where a stream is published; `origin` is null if not here. */
export function answerClusters(context: Context, { url }: Exchange): View {
  const word = (name: string): string => url.searchParams.get(name) ?? '';
  const [ip, asked, app, stream] = [word('ip'), word('vhost'), word('app'), word('stream')];
  const vhost = resolveVhost(asked, vhostNames(context));
  const source = context.sources.at(sourceName({ vhost, app, stream }).url);
  const live = source?.publishing === true;
  const query = { ip, vhost: asked, app, stream };
  return { code: 0, data: { query, origin: live ? here(context, vhost, word('coworker')) : null } };
}

/** Returns this origin's address as its coworker called it, which also works behind NAT. */
function here({ conf }: Context, vhost: string, coworker: string): View {
  const [listen] = conf.rtmp;
  const own = listen?.host !== undefined && !LOOPBACK.has(listen.host) ? listen.host : '';
  const ip = own || withoutPort(coworker) || outsideAddress();
  const text = conf.api?.text ?? '';
  const api = text.includes(':') ? text : `${ip}:${text}`;
  return { ip, port: listen?.port ?? 0, vhost, api, routers: [api] };
}
