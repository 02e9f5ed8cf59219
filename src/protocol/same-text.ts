import { hash, timingSafeEqual } from 'node:crypto';

/** Compares two texts in constant time. */
export function isSameText(one: string, other: string): boolean {
  // timingSafeEqual needs equal lengths, which digests have.
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}
