import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  buildHello,
  type ChildService,
  type PeerHello,
  parseWelcome,
} from '../../protocol/peer/hello.js';
import { dial } from '../dial.js';
import { readUntil } from '../read-until.js';

/** A child of another box, and how it is reached: plain values. */
export interface PeerVia {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly child: string;
  readonly generation: number;
}

/**
 * Opens a connection to a child of another box: what is written to it the child gets, and the child's
 * API and hooks show the client. Rejects with the system's error, or with why the box refused.
 */
export async function dialPeer(
  via: PeerVia,
  service: ChildService,
  client: string,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, secret, child, generation } = via;
  const socket = await dial({ host, port, localAddress: null }, signal);
  socket.on('error', () => {});
  const nonce = randomBytes(12).toString('base64url');
  const hello: PeerHello = { child, generation, service, client, at: Date.now(), nonce };
  socket.write(buildHello(hello, secret));
  try {
    await readWelcome(socket, hello, secret, signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function readWelcome(
  socket: Socket,
  hello: PeerHello,
  secret: string,
  signal: AbortSignal,
): Promise<void> {
  let seen: Buffer = Buffer.alloc(0);
  const { consumed } = await readUntil(
    socket,
    (bytes) => {
      seen = Buffer.concat([seen, bytes]);
      const parsed = parseWelcome(seen, hello, secret);
      if (parsed.kind === 'invalid') throw new Error(parsed.reason);
      return parsed.kind === 'value' ? parsed : undefined;
    },
    signal,
  );
  if (consumed < seen.length) socket.unshift(seen.subarray(consumed));
}
