import { connect, type Socket } from 'node:net';

/** The target of a crowd, its source address, and the bytes that each client sends. */
export interface Errand {
  readonly port: number;
  readonly from: string;
  readonly says: string | Buffer;
  /** Each client reads its response. */
  readonly reads?: boolean;
}

/** Clients that connect and stay until they are closed. */
export class Crowd {
  readonly #here = new Set<Socket>();
  /** The first bytes received by each client that was closed. */
  readonly farewells: string[] = [];

  get size(): number {
    return this.#here.size;
  }

  /** Connects so many clients. */
  come(count: number, errand: Errand): void {
    for (let n = 0; n < count; n += 1) this.#come(errand);
  }

  /** Closes all clients. */
  leave(): void {
    for (const socket of this.#here) socket.destroy();
    this.#here.clear();
  }

  #come({ port, from, says, reads = true }: Errand): void {
    let heard = '';
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    this.#here.add(socket);
    socket
      .on('error', () => {})
      .once('close', () => {
        if (this.#here.delete(socket)) this.farewells.push(heard);
      });
    socket.write(says);
    if (!reads) {
      socket.pause();
      return;
    }
    socket.on('data', (bytes) => {
      heard ||= bytes.toString('latin1', 0, 64);
    });
  }
}
