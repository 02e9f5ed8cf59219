import type { OwnerRef } from '../../owner.js';
import type { StreamKey } from '../../stream-key.js';
import type { Claim } from '../registry.js';

/** Grows with the form of what is stored; another number is not read. */
const VERSION = 1;
/** How a claim says that its owner publishes the stream. */
export const LIVE = ',"live":true';

/**
 * The beginning of the text of every claim of one owner: scripts compare it as it stands, so the
 * order of the fields is part of the form.
 */
export function ownerText({ id, generation }: OwnerRef, box: string): string {
  const fields = JSON.stringify({ v: VERSION, box, child: id, generation });
  return `${fields.slice(0, -1)},`;
}

export function claimText({ owner, since, live }: Omit<Claim, 'stream'>, box: string): string {
  return `${ownerText(owner, box)}"since":${since}${live ? LIVE : ''}}`;
}

/** What stands in the store, or null where it is of another version or no claim at all. */
export function readClaim(stream: StreamKey, text: string, ownBox: string): Claim | null {
  const fields = fieldsOf(text);
  if (fields === null || fields.v !== VERSION) return null;
  const { box, child, generation, since, live } = fields;
  if (typeof box !== 'string' || typeof child !== 'string') return null;
  if (typeof generation !== 'number' || typeof since !== 'number') return null;
  const owner = box === ownBox ? { id: child, generation } : { id: child, generation, box };
  const claim = { stream, owner: Object.freeze(owner), since };
  return Object.freeze(live === true ? { ...claim, live } : claim);
}

function fieldsOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
