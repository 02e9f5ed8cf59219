/** SRS's name for the vhost that serves every host name without one of its own. */
export const DEFAULT_VHOST = '__defaultVhost__';

/**
 * Where a stream lives, by name. `vhost` is always the *resolved* one (a host that no child has
 * configured is the default vhost), so that one stream has one key however a client spells it.
 */
export interface StreamName {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

/** `vhost/app/stream`: the registry's key. */
export type StreamKey = string;

export function streamKey({ vhost, app, stream }: StreamName): StreamKey {
  return `${vhost}/${app}/${stream}`;
}

/** The name behind a key. */
export function nameOf(key: StreamKey): StreamName {
  const [vhost = '', ...path] = key.split('/');
  const stream = path.pop() ?? '';
  return { vhost, app: path.join('/'), stream };
}

/**
 * Whether a key names a stream and nothing else. SRS makes paths of files of it as it stands: a
 * publisher of `live/../../x` would have a child write where we never told it to.
 */
export function isPlainKey(key: StreamKey): boolean {
  return !/\p{Cc}/u.test(key) && !key.split('/').some((part) => part === '.' || part === '..');
}

/** What a client wants of a stream. */
export type Role = 'publish' | 'play';
