import type { Readable } from 'node:stream';

/**
 * Milliseconds between reads: a program writes its log line by line, and each read costs a wake-up.
 */
const GATHER_MS = 20;
/**
 * Bytes in one read from which on the pipe is read without a pause, so that the writer never waits.
 */
const FLOOD_BYTES = 16 * 1024;

/** Node's handle of a pipe; it has no public name, and some streams have none. */
interface Handle {
  readStop(): void;
  readStart(): void;
}

/**
 * Reads a pipe every 20 ms. The pipe's buffer holds a few hundred lines meanwhile; a pipe that
 * fills fast is read without a pause. Returns a function that stops it: what is written from then
 * on stays in the pipe.
 */
export function readGathered(stream: Readable, take: (bytes: Buffer) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const goOn = () => handleOf(stream)?.readStart();
  stream.on('data', (bytes: Buffer) => {
    take(bytes);
    const handle = bytes.length < FLOOD_BYTES ? handleOf(stream) : null;
    if (handle === null) return;
    handle.readStop();
    timer = setTimeout(goOn, GATHER_MS);
  });
  return () => {
    clearTimeout(timer);
    handleOf(stream)?.readStop();
  };
}

/** Null once the pipe is closed. */
function handleOf(stream: Readable): Handle | null {
  return (stream as Readable & { readonly _handle?: Handle | null })._handle ?? null;
}
