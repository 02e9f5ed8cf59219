import { connect, type Socket } from 'node:net';

/** Where a crowd goes, from where, and what each of it says there. */
export interface Errand {
  readonly port: number;
  readonly from: string;
  readonly says: string | Buffer;
  /** Whether each reads what it is answered. */
  readonly reads?: boolean;
}

/** Clients that come and stay, for as long as they are let. */
export class Crowd {
  readonly #here = new Set<Socket>();
  /** What each heard first that has been closed since. */
  readonly farewells: string[] = [];

  get size(): number {
    return this.#here.size;
  }

  /** So many come, one straight after the other. */
  come(count: number, errand: Errand): void {
    for (let n = 0; n < count; n += 1) this.#come(errand);
  }

  /** Everybody goes. */
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
