import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a port that must always answer: where there are too many, the one that was
 * longest without a request goes, so that nobody shuts an operator out by holding them open.
 */
export class IdleFirst {
  readonly #max: number;
  /** The one that was longest idle comes first. */
  readonly #open = new Set<Socket>();
  /** Requests that are being answered. */
  readonly #busy = new Map<Socket, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** A connection has come; it is closed at once where all others are being answered. */
  add(socket: Socket): void {
    if (this.#open.size >= this.#max && !this.#endIdle()) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** A connection has asked for something. */
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

  /** False: none is idle. */
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
