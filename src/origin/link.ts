import type { Socket } from 'node:net';

/** A client's connection, over any transport. */
export interface Link {
  /** Bytes sent to the client. */
  readonly sent: number;
  readonly received: number;
  readonly gone: boolean;
  /** Closes it after so many milliseconds without a byte from the client; 0: never. */
  limitSilence(ms: number): void;
  close(): void;
}

export class SocketLink implements Link {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get sent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  get received(): number {
    return this.#socket.bytesRead;
  }

  get gone(): boolean {
    return this.#socket.destroyed;
  }

  limitSilence(ms: number): void {
    this.#socket.setTimeout(ms);
  }

  close(): void {
    this.#socket.destroy();
  }
}
