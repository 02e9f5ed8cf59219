import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections of a port that must stay reachable. Above the limit the connection idle longest is
 * closed, so that nobody can lock an operator out by holding connections open.
 */
export class IdleFirst {
  readonly #max: number;
  /** Ordered by the end of the last request, longest idle first. */
  readonly #open = new Set<Socket>();
  /** Number of requests in progress per connection. */
  readonly #busy = new Map<Socket, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Adds a connection. It is closed at once if all others are busy. */
  add(socket: Socket): void {
    if (this.#open.size >= this.#max && !this.#endIdle()) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Notes a request on a connection. */
  begin({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (this.#busy.get(socket) ?? 1) - 1;
      if (left > 0) this.#busy.set(socket, left);
      else this.#rest(socket);
    });
  }

  #rest(socket: Socket): void {
    this.#busy.delete(socket);
    if (this.#open.delete(socket) && !socket.destroyed) this.#open.add(socket);
  }

  /** Closes the connection idle longest; false if none is idle. */
  #endIdle(): boolean {
    for (const socket of this.#open) {
      if (this.#busy.has(socket)) continue;
      this.#open.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }
}
