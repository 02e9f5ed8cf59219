import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Listeners of node:http on a connection. `close` stays, because it frees the parser. */
const EVENTS = ['data', 'readable', 'end', 'error', 'drain', 'timeout', 'pause', 'resume'];

/**
 * Takes a connection from node:http before any byte of its answer was written; null if it is
 * closed. Bytes after the request may have been read or not.
 */
export function detach(response: ServerResponse): Socket | null {
  const { socket } = response;
  if (socket === null || socket.destroyed) return null;
  response.detachSocket(socket);
  // Without other listeners, bytes go from the kernel into the parser, past Node's streams.
  socket.on('readable', () => {});
  for (const event of EVENTS) socket.removeAllListeners(event);
  socket.setTimeout(0);
  return socket.on('error', () => {}).pause();
}

/** Resolves when all earlier answers on the connection have been written; false if it is closed. */
export function isNext(response: ServerResponse): Promise<boolean> {
  if (response.socket !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    response.once('socket', () => resolve(true));
    response.req.socket.once('close', () => resolve(false));
  });
}
