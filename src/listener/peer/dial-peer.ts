import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { SupervisorError } from '../../errors.js';
import {
  buildHello,
  type ChildService,
  type PeerHello,
  type PeerWanted,
  parseAnswer,
} from '../../protocol/peer/hello.js';
import { dial } from '../dial.js';
import { readParsed } from '../read-until.js';

/** A child of another box, and how it is reached: plain values. */
export interface PeerVia {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly child: string;
  readonly generation: number;
  /** Null: for no one stream. */
  readonly wanted: PeerWanted | null;
}

/**
 * Opens a connection to a child of another box: what is written to it the child gets, and the child's
 * API and hooks show the client. Rejects with ERR_NO_CHILD where the box says that the child has the
 * stream no more, else with the system's error, or with why the box refused.
 */
export async function dialPeer(
  via: PeerVia,
  service: ChildService,
  client: string,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, secret, child, generation, wanted } = via;
  const socket = await dial({ host, port, localAddress: null }, signal);
  socket.on('error', () => {});
  const nonce = randomBytes(12).toString('base64url');
  const at = Date.now();
  const hello: PeerHello = { child, generation, service, wanted, client, at, nonce };
  socket.write(buildHello(hello, secret));
  try {
    const answer = await readParsed(socket, (bytes) => parseAnswer(bytes, hello, secret), signal);
    if (answer === 'welcome') return socket;
    throw new SupervisorError('ERR_NO_CHILD', `box ${host}: child ${child} has it no more`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
