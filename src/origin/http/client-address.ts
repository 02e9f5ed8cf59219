import type { IncomingMessage } from 'node:http';
import { peerAddress } from '../server-socket.js';

/**
 * The client that a proxy names: the first of `X-Forwarded-For`, else `X-Real-IP` up to a colon, else
 * the peer. As SRS, it believes anybody.
 */
export function clientAddress({ headers, socket }: IncomingMessage): string {
  const [forwarded = ''] = String(headers['x-forwarded-for'] ?? '').split(',');
  const [real = ''] = String(headers['x-real-ip'] ?? '').split(':');
  return forwarded.trim() || real.trim() || peerAddress(socket);
}
