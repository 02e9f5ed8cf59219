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

/** `vhost/app/stream`: key of a stream in the registry. */
export type StreamKey = string;

export function streamKey({ vhost, app, stream }: StreamName): StreamKey {
  return `${vhost}/${app}/${stream}`;
}

/** Returns the stream name of a key. */
export function nameOf(key: StreamKey): StreamName {
  const [vhost = '', ...path] = key.split('/');
  const stream = path.pop() ?? '';
  return { vhost, app: path.join('/'), stream };
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
