/**
 * The room `child-access/`: the one way to ask a child by HTTP, within the connections kept for it.
 * May import: config, protocol, system.
 */

import { once } from 'node:events';
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { codeOf } from '../errors.js';
import { readBody } from '../system/read-body.js';
import { type ChildPort, takePlace } from './places.js';
import type { Purpose } from './reserve.js';

/** A child's HTTP port or API port. */
export interface ChildAddress extends ChildPort {
  /** Opens the connection to a child of another box; default: a connection to host and port. */
  readonly dial?: (signal: AbortSignal) => Promise<Socket>;
}

export interface ChildQuestion {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** By name, or names and values in turn. */
  readonly headers: OutgoingHttpHeaders | readonly string[];
  /** Default: none. */
  readonly body?: Buffer;
}

export interface AskOptions {
  /** Purpose of the connection, whose place it takes; `client`: its route has one already. */
  readonly purpose: Purpose | 'client';
  readonly signal: AbortSignal;
  /** Most milliseconds of silence; default: only the signal ends the request. */
  readonly silenceMs?: number;
}

export interface ChildAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An SDP answer has a few KB, a list of ten thousand clients some MB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Sends one request on a connection of its own, and waits for the head of the answer. Null if the
 * child closed the connection without one, as SRS does with every request that it refuses. Rejects
 * with the system's error, on abort, with ETIMEDOUT for silence, and as `takePlace` does.
 */
export async function openAnswer(
  address: ChildAddress,
  question: ChildQuestion,
  options: AskOptions,
): Promise<IncomingMessage | null> {
  const { purpose, signal, silenceMs } = options;
  const leave = purpose === 'client' ? () => {} : await takePlace(purpose, address, signal);
  const asked = send(address, question, signal);
  // The place is free again when the connection has closed; a request may end without any.
  asked.once('close', () => {
    if (asked.socket === null || asked.socket.destroyed) leave();
    else asked.socket.once('close', leave);
  });
  if (silenceMs !== undefined) asked.setTimeout(silenceMs, () => asked.destroy(silence(silenceMs)));
  return responseOf(asked);
}

/** Sends one request, and reads the whole answer. Null and rejections as for `openAnswer`. */
export async function askChild(
  address: ChildAddress,
  question: ChildQuestion,
  options: AskOptions,
): Promise<ChildAnswer | null> {
  const response = await openAnswer(address, question, options);
  if (response === null) return null;
  try {
    const { statusCode: status = 0, headers } = response;
    return { status, headers, body: await readBody(response, MAX_ANSWER_BYTES) };
  } finally {
    response.destroy();
  }
}

function send(
  { host = '127.0.0.1', port, dial }: ChildAddress,
  { method, path, headers, body }: ChildQuestion,
  signal: AbortSignal,
): ClientRequest {
  const plain = () => connect({ host, port, noDelay: true });
  const asked = request({
    ...{ host, port, method, path, signal },
    headers: headers as OutgoingHttpHeaders,
    createConnection: (_options, connected) => {
      if (dial === undefined) return plain();
      dial(signal).then(
        (socket) => connected(null, socket),
        (error: Error) => connected(error, undefined as never),
      );
      return undefined;
    },
  });
  asked.on('error', () => {}).end(body);
  return asked;
}

/** Null: the child accepted the connection and closed it. */
async function responseOf(asked: ClientRequest): Promise<IncomingMessage | null> {
  let isConnected = false;
  asked.once('socket', (socket) => {
    isConnected = !socket.connecting;
    socket.once('connect', () => {
      isConnected = true;
    });
  });
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    if (isConnected && codeOf(error) === 'ECONNRESET') return null;
    throw error;
  }
}

function silence(ms: number): Error {
  return Object.assign(new Error(`the child said nothing for ${ms} ms`), { code: 'ETIMEDOUT' });
}
