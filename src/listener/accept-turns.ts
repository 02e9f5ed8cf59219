import { type Server, Socket } from 'node:net';
import { FairQueue } from '../collections/fair-queue.js';
import type { Accepted } from '../relay/relay.js';
import { networkOf, normalIp } from './client-address.js';

export interface AcceptTurnsOptions {
  /** Takes one more connection from the kernel; null: none waits. Default: Node alone accepts. */
  readonly acceptNext?: ((server: Server) => Accepted | null) | undefined;
  /** Returns how many connections may wait for their turn. */
  readonly room?: () => number;
}

/** A server whose connections wait for their turns, and what begins to serve one. */
interface Port {
  readonly server: Server;
  readonly serve: (client: Socket) => void;
}

/** Milliseconds of one turn of the event loop in which connections begin. */
const SLICE_MS = 1;
/** Connections that are taken from the kernel at a time. */
const AT_ONCE = 512;
/** Milliseconds of silence after which a client's connection is probed. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Begins connections in turns of their addresses (in IPv6: of networks), over all ports together.
 * Node accepts one connection in each turn of the event loop, in the order of their arrival, so
 * a client would wait for all thousand that another address opens at once. Here those that wait in
 * the kernel are taken at once, which costs little, and each address has its turn.
 */
export class AcceptTurns {
  readonly #options: AcceptTurnsOptions;
  readonly #waiting = new FairQueue<() => void>();
  #isDue = false;

  constructor(options: AcceptTurnsOptions = {}) {
    this.#options = options;
  }

  /** Calls `serve` for each connection of a server, in its turn. */
  share(server: Server, serve: (client: Socket) => void): void {
    const port = { server, serve };
    server.on('connection', (client: Socket) => {
      client.on('error', () => {});
      this.#add(port, normalIp(client.remoteAddress ?? '') ?? '', () => client);
      this.#takeMore(port);
      if (!this.#isDue) this.#run();
    });
  }

  #takeMore(port: Port): void {
    const { acceptNext, room = () => 0 } = this.#options;
    const most = Math.min(room(), AT_ONCE) - this.#waiting.size;
    for (let left = most; left > 0; left -= 1) {
      const next = acceptNext?.(port.server) ?? null;
      if (next === null) return;
      this.#add(port, next.ip, () => socketOf(next));
    }
  }

  #add({ server, serve }: Port, ip: string, open: () => Socket | null): void {
    this.#waiting.add(networkOf(ip), () => {
      const client = open();
      if (client === null) return;
      if (server.listening) serve(client);
      else client.destroy();
    });
  }

  #run(): void {
    const until = performance.now() + SLICE_MS;
    do this.#waiting.next()?.();
    while (this.#waiting.size > 0 && performance.now() < until);
    this.#isDue = this.#waiting.size > 0;
    if (this.#isDue) setImmediate(() => this.#run());
  }
}

/** Returns the socket that Node would have made; null if it cannot be made. */
function socketOf({ fd, close }: Accepted): Socket | null {
  try {
    const client = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    client.on('error', () => {});
    return client.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  } catch {
    close();
    return null;
  }
}
