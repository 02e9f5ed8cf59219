import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP hop before a port, which can add delay. */
export class TcpHop {
  /** Milliseconds by which every byte is delayed, in each direction. */
  delayMs = 0;
  /** Connections whose bytes are dropped silently. */
  readonly #lost = new WeakSet<Socket>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer((client) => {
      const server = connect(to, '127.0.0.1');
      this.#carry(client, server);
      this.#carry(server, client);
    });
  }

  static async open(to: number): Promise<TcpHop> {
    const hop = new TcpHop(to);
    hop.#server.listen(0, '127.0.0.1');
    await once(hop.#server, 'listening');
    return hop;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  loseOpen(): void {
    for (const socket of this.#sockets) this.#lost.add(socket);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from
      .on('error', () => {})
      .on('data', (bytes) => {
        if (!this.#lost.has(from)) setTimeout(() => to.write(bytes), this.delayMs);
      });
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
