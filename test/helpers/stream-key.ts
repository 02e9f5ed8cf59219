import { parseStreamKey, type StreamKey } from '../../src/stream-key.js';

/** The key that a test writes as `vhost/app/stream`. */
export function key(text: string): StreamKey {
  const parsed = parseStreamKey(text);
  if (parsed === null) throw new Error(`no stream key: ${text}`);
  return parsed;
}
