import type { ChunkFormat } from './chunk-header.js';

/** Bytes allocated with a message's first byte, and the factor by which that grows. */
const FIRST_MEMORY = 4096;
const GROWTH = 4;

/** A message of which some chunks are missing. */
export interface Unfinished {
  readonly start: number;
  readonly fmt: ChunkFormat;
  /** Allocated when the first byte must be kept; a payload that arrives whole is not copied. */
  payload: Buffer | null;
  filled: number;
}

/** Adds bytes to the payload of a message of that length. */
export function keep(partial: Unfinished, bytes: Buffer, length: number): void {
  if (bytes.length === length) {
    partial.payload = bytes;
  } else {
    partial.payload = withRoom(partial, partial.filled + bytes.length, length);
    bytes.copy(partial.payload, partial.filled);
  }
  partial.filled += bytes.length;
}

/**
 * Grows the payload with the bytes received, not with the length announced: a peer could announce
 * megabytes and send nothing.
 */
function withRoom({ payload, filled }: Unfinished, needed: number, length: number): Buffer {
  if (payload !== null && payload.length >= needed) return payload;
  const size = Math.max(FIRST_MEMORY, GROWTH * needed);
  const memory = Buffer.allocUnsafeSlow(Math.min(size, length));
  payload?.copy(memory, 0, 0, filled);
  return memory;
}
