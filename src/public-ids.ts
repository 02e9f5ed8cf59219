import { createHash } from 'node:crypto';

/**
 * Ids of vhosts and streams as users see them, in the API as in hooks. They follow from the name, so
 * they are the same on all children, on all boxes and over restarts; SRS's own are random.
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
