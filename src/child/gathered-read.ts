import type { Readable } from 'node:stream';

/** A program that logs writes a line at a time: reading each as it comes costs a wake-up a line. */
const GATHER_MS = 20;
/** More than this in one go: whoever writes so fast might have to wait for us. */
const FLOOD_BYTES = 16 * 1024;

/** What Node holds behind a pipe; it has no public name, and a stream may be none. */
interface Handle {
  readStop(): void;
  readStart(): void;
}

/**
 * Hands on what a pipe brings, in pieces of up to 20 ms. The writer's own buffer holds a few hundred
 * lines meanwhile; one that fills much of it is read without a pause.
 */
export function readGathered(stream: Readable, take: (bytes: Buffer) => void): void {
  stream.on('data', (bytes: Buffer) => {
    take(bytes);
    if (bytes.length < FLOOD_BYTES) pause(stream);
  });
}

function pause(stream: Readable): void {
  const handle = handleOf(stream);
  if (handle === null) return;
  handle.readStop();
  setTimeout(() => handleOf(stream)?.readStart(), GATHER_MS);
}

/** Null once the pipe is closed. */
function handleOf(stream: Readable): Handle | null {
  return (stream as Readable & { readonly _handle?: Handle | null })._handle ?? null;
}
