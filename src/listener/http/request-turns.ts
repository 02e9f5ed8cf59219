import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { resetSocket } from '../../system/reset-socket.js';

const CR = 13;
const LF = 10;

/** Most requests per connection; the answer to the last one closes it. */
const MAX_REQUESTS = 1000;

/**
 * Serves one connection's requests one at a time: node:http gets the next request's bytes when the
 * previous one has been answered, and until then the socket is not read. If a client sends
 * thousands at once (pipelining, RFC 9112 §9.3.2), one of them is processed (two if the end of a
 * body and the next head cannot be told apart), and the others wait in its send buffer.
 */
export class RequestTurns {
  readonly #socket: Socket;
  /** The listener by which node:http gets bytes. */
  readonly #feed: (bytes: Buffer) => void;
  /** Number of requests so far. */
  #count = 0;
  /** Requests that are not completely answered. */
  #open = 0;
  #newest: IncomingMessage | null = null;
  #holds = false;

  /** To be made when node:http serves the socket and has read nothing of it. */
  constructor(socket: Socket) {
    const [feed] = socket.listeners('data') as ((bytes: Buffer) => void)[];
    if (feed === undefined) throw new Error('node:http does not read this socket');
    this.#socket = socket;
    this.#feed = feed;
    socket.removeListener('data', feed);
    socket.on('data', (bytes: Buffer) => this.#take(bytes)).on('drain', () => this.#goOn());
  }

  /** Notes a request that node:http hands out. */
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

  /**
   * Ends a connection on which nothing was written for too long: the client sends no request, or
   * does not read.
   */
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

  /**
   * Passes the body on to an incomplete request. node:http takes nothing while it has paused a
   * socket.
   */
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
   * Reads on in the event loop's next turn; in this turn, all requests of a busy connection would
   * be answered before any other connection is read.
   */
  #goOn(): void {
    if (!this.#holds || this.#mustWait()) return;
    this.#holds = false;
    setImmediate(() => this.#socket.resume());
  }
}

/** Returns the end of the first empty line, where a head may end; or the length of all bytes. */
function headEnd(bytes: Buffer): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return bytes.length;
}
