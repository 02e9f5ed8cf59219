import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { codeOf } from '../errors.js';

/**
 * Closes a socket at once with RST, so that the kernel discards unsent data. Node refuses this for
 * TLS, for local sockets, and for a socket that was ended, which it would then never close: these
 * are destroyed.
 */
export function resetSocket(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.writableEnded) {
    socket.destroy();
    return;
  }
  const isStuck = socket.writableLength > 0;
  try {
    socket.resetAndDestroy();
  } catch (error) {
    if (codeOf(error) !== 'ERR_INVALID_HANDLE_TYPE') throw error;
    socket.destroy();
  }
  // Without this Node first waits for the data that cannot be sent.
  if (isStuck) socket.destroy();
}
