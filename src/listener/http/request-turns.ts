import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { resetSocket } from '../../system/reset-socket.js';

const CR = 13;
const LF = 10;

/** With the last one the client is told to connect anew. */
const MAX_REQUESTS = 1000;

/**
 * One connection's requests, one at a time: node:http gets the bytes of the next request when the one
 * before has been answered, and until then the socket is not read. So a client that sends thousands at
 * once (pipelining, RFC 9112 §9.3.2) has one of them worked at, or two where the end of a body and the
 * next head cannot be told apart, and the others wait in its own send buffer.
 */
export class RequestTurns {
  readonly #socket: Socket;
  /** What node:http listens to bytes with. */
  readonly #feed: (bytes: Buffer) => void;
  /** Requests so far. */
  #count = 0;
  /** Those without their whole answer. */
  #open = 0;
  #newest: IncomingMessage | null = null;
  #holds = false;

  /** Of a socket that node:http has begun to serve, and has read nothing of yet. */
  constructor(socket: Socket) {
    const [feed] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (feed === undefined) throw new Error('node:http does not read this socket');
    this.#socket = socket;
    this.#feed = feed;
    socket.removeListener('data', feed);
    socket.on('data', (bytes: Buffer) => this.#take(bytes)).on('drain', () => this.#goOn());
  }

  /** node:http hands out a request. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    this.#count += 1;
    this.#open += 1;
    this.#newest = request;
    if (this.#count >= MAX_REQUESTS) response.shouldKeepAlive = false;
    response.once('close', () => {
      this.#open -= 1;
      this.#goOn();
    });
  }

  /** Nothing has been written for too long: ends who waits for a request or does not read its answer. */
  timeout(): void {
    const isAnswering = this.#open > 0;
    if (isAnswering && this.#socket.writableLength === 0) return;
    if (isAnswering) resetSocket(this.#socket);
    else this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#mustWait()) {
        this.#hold(rest);
        return;
      }
      const end = headEnd(rest);
      this.#feed(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  }

  /** A request that is not whole gets its body. node:http takes nothing while it has paused a socket. */
  #mustWait(): boolean {
    const socket: Socket & { readonly _paused?: boolean } = this.#socket;
    const isFull = socket.writableNeedDrain || socket._paused === true;
    const isBusy = this.#open > 0 && this.#newest?.complete === true;
    return socket.destroyed || socket.writableEnded || isFull || isBusy;
  }

  #hold(rest: Buffer): void {
    this.#holds = true;
    if (this.#socket.destroyed) return;
    this.#socket.pause();
    this.#socket.unshift(rest);
  }

  /**
   * Reads on in the event loop's next turn: in this one, a connection with many requests would have
   * all of them answered before any other connection is read.
   */
  #goOn(): void {
    if (!this.#holds || this.#mustWait()) return;
    this.#holds = false;
    setImmediate(() => this.#socket.resume());
  }
}

/** Where the first empty line in it ends, with which a head may end; or all of it. */
function headEnd(bytes: Buffer): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return bytes.length;
}
