import type { OwnerRef } from '../../owner.js';
import type { StreamKey } from '../../stream-key.js';
import type { Claim } from '../registry.js';

/** Format of stored claims; claims of other versions are not read. */
const VERSION = 1;
/** Field of a claim whose owner publishes the stream. */
export const LIVE = ',"live":true';

/**
 * Returns the beginning of the text of all claims of one owner. Scripts compare it as text, so the
 * order of its fields is fixed.
 */
export function ownerText({ id, generation }: OwnerRef, box: string): string {
  const fields = JSON.stringify({ v: VERSION, box, child: id, generation });
  return `${fields.slice(0, -1)},`;
}

export function claimText({ owner, since, live }: Omit<Claim, 'stream'>, box: string): string {
  return `${ownerText(owner, box)}"since":${since}${live ? LIVE : ''}}`;
}

/** Parses a stored claim; null if it is of another version or malformed. */
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
