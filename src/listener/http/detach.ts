import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What node:http does with a connection. Its `close` stays: that is where its parser is freed. */
const EVENTS = ['data', 'readable', 'end', 'error', 'drain', 'timeout', 'pause', 'resume'];

/**
 * Takes a connection out of node:http's hands, before a byte of its answer has been written; null
 * when it is gone. What follows the request may or may not have been read.
 */
export function detach(response: ServerResponse): Socket | null {
  const { socket } = response;
  if (socket === null || socket.destroyed) return null;
  response.detachSocket(socket);
  // As long as nobody else listens for them, bytes go past Node from the kernel into the parser.
  socket.on('readable', () => {});
  for (const event of EVENTS) socket.removeAllListeners(event);
  socket.setTimeout(0);
  return socket.on('error', () => {}).pause();
}

/** Resolves when all earlier answers on the connection have been written; false when it is gone. */
export function isNext(response: ServerResponse): Promise<boolean> {
  if (response.socket !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    response.once('socket', () => resolve(true));
    response.req.socket.once('close', () => resolve(false));
  });
}
