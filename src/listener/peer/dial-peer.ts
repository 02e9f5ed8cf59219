import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { SupervisorError } from '../../errors.js';
import {
  buildHello,
  type ChildService,
  type PeerHello,
  type PeerWanted,
  parseAnswer,
} from '../../protocol/peer/hello.js';
import { type DialTarget, dial } from '../dial.js';
import { readParsed } from '../read-until.js';

/** A box that lives accepts in milliseconds; one lost first packet is made good after a second. */
const CONNECT_MS = 2000;

/** Where another box takes connections of ours. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** A child of another box, and how it is reached: plain values. */
export interface PeerVia extends PeerAddress {
  readonly child: string;
  readonly generation: number;
  /** Null: for no one stream. */
  readonly wanted: PeerWanted | null;
}

/** A list of a hundred thousand clients. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Opens a connection to a child of another box: what is written to it the child gets, and the child's
 * API and hooks show the client. Rejects with ERR_NO_CHILD where the box says that the child has the
 * stream no more, or cannot be reached, else with the system's error, or with why the box refused.
 */
export function dialPeer(
  via: PeerVia,
  service: ChildService,
  client: string,
  signal: AbortSignal,
): Promise<Socket> {
  const { child, generation, wanted } = via;
  return greet(via, { child, generation, service, wanted, client }, signal);
}

/** Asks another box itself, and answers the text that it sends. Rejects as `dialPeer` does. */
export async function askPeer(
  peer: PeerAddress,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  const nobody = { child: '', generation: 0, service: 'api', wanted: null, client: '' } as const;
  const socket = await greet(peer, { ...nobody, question }, signal);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of addAbortSignal(signal, socket) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new Error(`answer of more than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
  } finally {
    // Since Node 24 a socket that was read to its end is not closed for that.
    socket.destroy();
  }
  return Buffer.concat(chunks).toString();
}

/** A machine that has lost its power answers nothing: the stream may be elsewhere soon. */
async function connectTo(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  const late = AbortSignal.timeout(CONNECT_MS);
  try {
    return await dial(target, AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    const text = `box ${target.host} does not answer within ${CONNECT_MS} ms`;
    throw new SupervisorError('ERR_NO_CHILD', text, { cause: error });
  }
}

async function greet(
  { host, port, secret }: PeerAddress,
  wish: Omit<PeerHello, 'at' | 'nonce'>,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await connectTo({ host, port, localAddress: null }, signal);
  socket.on('error', () => {});
  const nonce = randomBytes(12).toString('base64url');
  const hello: PeerHello = { ...wish, at: Date.now(), nonce };
  socket.write(buildHello(hello, secret));
  try {
    const answer = await readParsed(socket, (bytes) => parseAnswer(bytes, hello, secret), signal);
    if (answer === 'welcome') return socket;
    throw new SupervisorError('ERR_NO_CHILD', `box ${host}: child ${wish.child} has it no more`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
