/** Joins kept bytes and new bytes. Copies only if neither is empty. */
export function append(kept: Buffer, bytes: Buffer): Buffer {
  if (kept.length === 0) return bytes;
  return bytes.length === 0 ? kept : Buffer.concat([kept, bytes]);
}
