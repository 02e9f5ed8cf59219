import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { RelayEngine, RelayedConnection, RelayPair } from '../../src/relay/relay.js';

/** A TCP server on a free port, whose accepted sockets are taken one by one. */
export class Acceptor {
  readonly #server: Server;
  readonly #waiting: ((socket: Socket) => void)[] = [];
  readonly #accepted: Socket[] = [];
  readonly #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.on('error', () => {}).once('close', () => this.#open.delete(socket));
      const next = this.#waiting.shift();
      if (next) next(socket);
      else this.#accepted.push(socket);
    });
  }

  static async open(host = '127.0.0.1'): Promise<Acceptor> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.listen(0, host);
    await once(server, 'listening');
    return new Acceptor(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  next(): Promise<Socket> {
    const ready = this.#accepted.shift();
    return ready ? Promise.resolve(ready) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Closes the server and its accepted sockets. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

/** Connects to a port of 127.0.0.1; the socket never throws, and stays half-open until ended. */
export async function dialPort(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** A client and a child, each with its own socket, and the relayed pair between them. */
export interface RelayedPair {
  readonly client: Socket;
  readonly child: Socket;
  readonly relayed: RelayedConnection;
}

/** Makes relayed pairs through an engine: client -> listener (engine) -> child. */
export class RelayBench {
  readonly #listener: Acceptor;
  readonly #children: Acceptor;
  readonly #engine: RelayEngine;

  private constructor(engine: RelayEngine, listener: Acceptor, children: Acceptor) {
    this.#engine = engine;
    this.#listener = listener;
    this.#children = children;
  }

  static async open(engine: RelayEngine): Promise<RelayBench> {
    return new RelayBench(engine, await Acceptor.open(), await Acceptor.open());
  }

  /** `prepare` gets the engine's ends before the engine does. */
  async pair(
    options: Partial<Omit<RelayPair, 'client' | 'child'>> = {},
    prepare: (pair: RelayPair) => void = () => {},
  ): Promise<RelayedPair> {
    const accepted = this.#listener.next();
    const client = await dialPort(this.#listener.port);
    const reached = this.#children.next();
    const dialled = await dialPort(this.#children.port);
    const pair = { client: await accepted, child: dialled, idleMs: 0, ...options };
    const child = await reached;
    prepare(pair);
    return { client, child, relayed: this.#engine.join(pair) };
  }

  async close(): Promise<void> {
    await this.#engine.close();
    await Promise.all([this.#listener.close(), this.#children.close()]);
  }
}

/** Reads until the peer ends; rejects if the connection breaks. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Resolves with the error code of the close, '' for an orderly close. */
export function closing(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let code = '';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? 'error';
    });
    socket.once('close', () => resolve(code));
    socket.resume();
  });
}

/** Reads until the peer has ended or reset, then closes our side. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('end', () => socket.destroy());
    socket.once('close', () => resolve());
    socket.resume();
  });
}
