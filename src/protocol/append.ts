/** Joins kept bytes and new bytes. Copies only if neither is empty. */
export function append(kept: Buffer, bytes: Buffer): Buffer {
  if (kept.length === 0) return bytes;
  return bytes.length === 0 ? kept : Buffer.concat([kept, bytes]);
}

/** Joins bytes outside of Node's pool, the whole of which would go along to another thread. */
export function inOwnMemory(parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) at += part.copy(bytes, at);
  return bytes;
}
