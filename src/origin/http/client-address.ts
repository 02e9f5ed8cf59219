import type { IncomingMessage } from 'node:http';
import { peerAddress } from '../server-socket.js';

/**
 * Returns the client's address: the first of `X-Forwarded-For`, else `X-Real-IP` up to a colon,
 * else the peer's. As SRS, it trusts any sender.
 */
export function clientAddress({ headers, socket }: IncomingMessage): string {
  const [forwarded = ''] = String(headers['x-forwarded-for'] ?? '').split(',');
  const [real = ''] = String(headers['x-real-ip'] ?? '').split(':');
  return forwarded.trim() || real.trim() || peerAddress(socket);
}
