import { createHash } from 'node:crypto';

/**
 * Returns a vhost's or stream's id as users see it, in the API and in hooks. It follows from the
 * name, so it is the same in all children, on all boxes and after restarts; SRS's own is random.
 */
export function vhostId(name: string): string {
  return idOf(`name ${name}`);
}

/** `url`: SRS's stream url, `/live/cam` or `my.com/live/cam`. */
export function streamId(url: string): string {
  return idOf(`url ${url}`);
}

/** In SRS's form, but longer: a hundred thousand streams must not share an id by chance. */
function idOf(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return `vid-${digest.readBigUInt64BE().toString(36).slice(0, 11)}`;
}
