import { once } from 'node:events';
import type { Socket } from 'node:net';
import { dial } from '../listener/dial.js';

/** Milliseconds for a handshake; a slower origin gets no new streams. */
const REACH_MS = 2000;
/** C0 and C1 (RTMP 1.0 §5.2). */
const C0C1 = Buffer.alloc(1 + 1536);
C0C1[0] = 3;

/**
 * Resolves when the port has answered an RTMP handshake. Rejects with the system's error if the
 * connection fails, and with an error without a code if no handshake follows: an SRS above its
 * `max_connections` closes new connections but keeps running.
 */
export async function reachRtmp(host: string, port: number): Promise<void> {
  const signal = AbortSignal.timeout(REACH_MS);
  const socket = await dial({ host, port, localAddress: null }, signal);
  const answers = await answersHandshake(socket, signal).catch(() => false);
  socket.on('error', () => {}).destroy();
  if (!answers) throw new Error('its RTMP port does not answer a handshake');
}

async function answersHandshake(socket: Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(C0C1);
  const answer = once(socket, 'data', { signal }).then(([chunk]) => chunk[0] === C0C1[0]);
  const end = once(socket, 'end', { signal }).then(() => false);
  return Promise.race([answer, end]);
}
