import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Closes a socket at once by a reset, so that the system forgets what the other side has not taken.
 * Node refuses that for TLS, and for a socket that was ended, which it then never closes: these are
 * destroyed.
 */
export function resetSocket(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.writableEnded) {
    socket.destroy();
    return;
  }
  const isStuck = socket.writableLength > 0;
  socket.resetAndDestroy();
  // Left to itself Node would first wait for what cannot be sent.
  if (isStuck) socket.destroy();
}
