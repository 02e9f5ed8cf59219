import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { openAnswer } from '../../child-access/ask.js';
import { type ClientRequest, childHeaders } from '../../protocol/http/child-head.js';
import type { Relayed } from '../relayed.js';
import { PeerError } from '../session-error.js';

/** Milliseconds of a child's silence after which its stream is over. */
const SILENCE_MS = 5 * 60 * 1000;
/** Headers between the child and us. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** A request for a child, on a connection to it that is open. */
export interface ChildRequest {
  readonly child: Socket;
  readonly request: ClientRequest;
  /** The client's address as the child shall see it. */
  readonly ip: string;
}

/** Reports whether a client knows no chunked coding (RFC 9112 §7.1), which SRS sends to all. */
export function knowsNoChunks({ httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean {
  return httpVersionMajor === 1 && httpVersionMinor === 0;
}

/** Asks a child for a stream. Rejects if it closes without an answer. */
export async function askForStream(
  { child, request, ip }: ChildRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = childHeaders(request, ip).flat();
  const question = { method: 'GET', path: request.target, headers };
  // A connection that a box has relayed is paused.
  const address = { host: '', port: 0, dial: async () => child.resume() };
  const options = { purpose: 'client', signal, silenceMs: SILENCE_MS } as const;
  const answer = await openAnswer(address, question, options);
  if (answer === null) throw new PeerError('the other side closed the connection');
  return answer;
}

/** A stream that node:http relays without its chunked coding, to the connection's end. */
export class UnchunkedStream implements Relayed {
  readonly ended: Promise<void>;
  readonly bytesIn = 0;
  readonly #socket: Socket;
  readonly #base: number;
  readonly #answer: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(answer: IncomingMessage, response: ServerResponse) {
    this.#socket = response.req.socket;
    this.#base = this.#socket.bytesWritten;
    this.#answer = answer;
    this.#response = response;
    response.writeHead(answer.statusCode ?? 502, { ...endToEnd(answer), Connection: 'close' });
    this.ended = pipeline(answer, response).catch(() => this.destroy());
  }

  get bytesOut(): number {
    return this.#socket.bytesWritten - this.#base;
  }

  destroy(): void {
    this.#answer.destroy();
    this.#response.destroy();
  }
}

function endToEnd({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
}
