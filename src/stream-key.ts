/** SRS's vhost for every host name that has no vhost of its own. */
export const DEFAULT_VHOST = '__defaultVhost__';

/**
 * The name of a stream. `vhost` is always the *resolved* one (a host without a configured vhost is
 * the default vhost), so that a stream has one key however clients spell it.
 */
export interface StreamName {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

declare const made: unique symbol;

/** `vhost/app/stream`: key of a stream in the registry. No other file makes or splits one. */
export type StreamKey = string & { readonly [made]: true };

const KEY = /^[^/]+\/.*\/.+$/s;

/** Returns the vhost that serves a request: the requested one if configured, else the default. */
export function resolveVhost(requested: string, vhosts: readonly string[]): string {
  return vhosts.includes(requested) ? requested : DEFAULT_VHOST;
}

export function streamKey({ vhost, app, stream }: StreamName): StreamKey {
  return `${vhost}/${app}/${stream}` as StreamKey;
}

/** Returns a text from outside as a key; null if it has no vhost or no stream. */
export function parseStreamKey(text: string): StreamKey | null {
  return KEY.test(text) ? (text as StreamKey) : null;
}

/**
 * Returns the stream that a person names: `app/stream` or `/app/sub/stream` in the default vhost,
 * else `vhost/app/stream`. Null: it names none.
 */
export function parseNamedStream(text: string): StreamKey | null {
  const inDefault = text.startsWith('/') || text.split('/').length === 2;
  const full = inDefault ? `${DEFAULT_VHOST}/${text.replace(/^\//, '')}` : text;
  const isWhole = full.split('/').every((part) => part !== '') && full.split('/').length > 2;
  return isWhole ? parseStreamKey(full) : null;
}

/** Returns the stream name of a key. */
export function nameOf(key: StreamKey): StreamName {
  const [vhost = '', ...path] = key.split('/');
  const stream = path.pop() ?? '';
  return { vhost, app: path.join('/'), stream };
}

/** Returns SRS's own form of a name, which omits the default vhost: `/app/stream`. */
export function streamUrl({ vhost, app, stream }: StreamName): string {
  return `${vhost === DEFAULT_VHOST ? '' : vhost}/${app}/${stream}`;
}

/**
 * Reports whether a key is safe. SRS builds file paths from it: with `live/../../x` a publisher
 * would make a child write outside its folder.
 */
export function isPlainKey(key: StreamKey): boolean {
  return !/\p{Cc}/u.test(key) && !key.split('/').some((part) => part === '.' || part === '..');
}

/** A client's role on a stream. */
export type Role = 'publish' | 'play';
