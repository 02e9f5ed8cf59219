import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { SupervisorError } from '../../errors.js';
import {
  buildHello,
  type ChildService,
  type PeerAnswer,
  type PeerHello,
  type PeerWanted,
  parseAnswer,
} from '../../protocol/peer/hello.js';
import { type DialTarget, dial } from '../dial.js';
import { readParsed } from '../read-until.js';
import { SessionError } from '../session-error.js';

/**
 * Most milliseconds to connect: a living box accepts in milliseconds, and one lost packet is
 * repeated after a second.
 */
const CONNECT_MS = 2000;

/** Peer port of another box. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** A child of another box and the way to it, as plain values. */
export interface PeerVia extends PeerAddress {
  readonly child: string;
  readonly generation: number;
  /** Null: for no single stream. */
  readonly wanted: PeerWanted | null;
}

/** Most bytes of an answer; enough for a hundred thousand clients. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Opens a connection to a child of another box; the child's API and hooks show the client. Rejects
 * with ERR_NO_CHILD if the child has the stream no more, or the box cannot be reached, with
 * ERR_REGISTRY_AWAY if the box cannot tell, with SessionError if the stream is busy, else with the
 * system's error, or with PeerError.
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

/** Asks another box a question, and resolves with its text. Rejects as `dialPeer` does. */
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
    // Since Node 24 reading a socket to its end does not close it.
    socket.destroy();
  }
  return Buffer.concat(chunks).toString();
}

/**
 * Connects to a box. A machine without power answers nothing, and the stream may soon be elsewhere,
 * hence the limit.
 */
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

function refusalOf(answer: PeerAnswer, host: string, child: string): Error {
  if (answer === 'busy') {
    return new SessionError('busy', `box ${host}: the stream is being published already`);
  }
  return answer === 'gone'
    ? new SupervisorError('ERR_NO_CHILD', `box ${host}: child ${child} has it no more`)
    : new SupervisorError('ERR_REGISTRY_AWAY', `box ${host}: its registry does not answer`);
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
    throw refusalOf(answer, host, wish.child);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
