import type { Socket } from 'node:net';
import type { Parsed } from '../protocol/result.js';
import { ByteWriter } from '../protocol/rtmp/byte-writer.js';
import { PeerError } from './session-error.js';

/**
 * Passes a socket's bytes to `take` until it returns a value; resolves with it, the socket paused.
 * `take` must keep the bytes it needs: they are not read again.
 *
 * Rejects with the error that `take` threw, with the signal's reason, or with PeerError if the
 * socket ends.
 */
export function readUntil<T>(
  socket: Socket,
  take: (bytes: Buffer) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
      signal.removeEventListener('abort', onAbort);
      socket.pause();
    };
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const onData = (bytes: Buffer) => {
      try {
        const answer = take(bytes);
        if (answer === undefined) return;
        stop();
        resolve(answer);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = () => fail(new PeerError('the other side closed the connection'));
    const onAbort = () => fail(signal.reason);
    if (signal.aborted) return fail(signal.reason);
    if (socket.destroyed || socket.readableEnded) return onEnd();
    signal.addEventListener('abort', onAbort);
    socket.on('data', onData).on('end', onEnd).on('close', onEnd);
    socket.resume();
  });
}

/**
 * Reads a parser's value from the beginning of a connection; the rest stays unread, and the socket
 * paused. Rejects as `readUntil` does, and with `refuse`'s error for invalid bytes.
 */
export async function readParsed<T>(
  socket: Socket,
  parse: (bytes: Buffer) => Parsed<T>,
  signal: AbortSignal,
  refuse: (reason: string) => Error = (reason) => new PeerError(reason),
): Promise<T> {
  const seen = new ByteWriter();
  const take = (bytes: Buffer) => {
    seen.bytes(bytes);
    const parsed = parse(seen.written);
    if (parsed.kind === 'invalid') throw refuse(parsed.reason);
    return parsed.kind === 'value' ? parsed : undefined;
  };
  const { value, consumed } = await readUntil(socket, take, signal);
  const rest = seen.written.subarray(consumed);
  if (rest.length > 0) socket.unshift(rest);
  return value;
}
