/** What was kept and what has come. Copies only where there is something of both. */
export function append(kept: Buffer, bytes: Buffer): Buffer {
  if (kept.length === 0) return bytes;
  return bytes.length === 0 ? kept : Buffer.concat([kept, bytes]);
}
