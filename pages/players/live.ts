import { type Ask, apiUrl, mediaUrl, type Ports } from './ask.js';

/** A stream that somebody publishes now. */
export interface LiveStream {
  readonly app: string;
  readonly stream: string;
  /** Null: the default one. */
  readonly vhost: string | null;
  readonly clients: number;
}

/** What SRS's API says of one stream. */
interface Row {
  readonly name?: unknown;
  readonly app?: unknown;
  /** `/live/x`, with another vhost than the default one in front. */
  readonly url?: unknown;
  readonly clients?: unknown;
  readonly publish?: { readonly active?: unknown };
}

const MOST = 100;

/** A HEAD of a live stream says at once whether there is one. @throws Error in words. */
export async function isLive(ask: Ask): Promise<boolean> {
  const url = mediaUrl(ask, new URL(location.href), '.flv');
  const response = await fetch(url, { method: 'HEAD' }).catch(() => null);
  if (response === null) throw new Error('the server does not answer');
  return response.ok;
}

/** What is published now, by the API. Null: it cannot be asked from here, or wants a password. */
export async function listLive(ask: Ask, ports: Ports): Promise<LiveStream[] | null> {
  try {
    const url = apiUrl(ask, new URL(location.href), ports, `/api/v1/streams?count=${MOST}`);
    const response = await fetch(url);
    const { streams } = (await response.json()) as { streams?: readonly Row[] };
    return response.ok && Array.isArray(streams) ? streams.flatMap(readRow) : null;
  } catch {
    return null;
  }
}

function readRow({ name, app, url, clients, publish }: Row): LiveStream[] {
  if (typeof name !== 'string' || typeof app !== 'string' || publish?.active !== true) return [];
  const [vhost = ''] = typeof url === 'string' ? url.split('/') : [];
  return [{ app, stream: name, vhost: vhost || null, clients: Number(clients) || 0 }];
}
