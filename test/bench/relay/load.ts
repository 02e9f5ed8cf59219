/**
 * The load: sources that write and players that read, in a process of its own, the same for every
 * relay. A source stands for a child, one connection for each player. Bytes are thrown away in the
 * kernel, so that what is measured beside the relays is small.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Epoll } from '../../../src/relay/native/epoll.js';
import {
  addressOf,
  createEpoll,
  EPOLLIN,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  send,
} from '../../../src/relay/native/libc.js';
import { until } from '../../helpers/until.js';

export type LoadOrder =
  | { readonly kind: 'source' }
  | { readonly kind: 'leave'; readonly source: number }
  | {
      readonly kind: 'players';
      readonly source: number;
      readonly port: number;
      readonly count: number;
    }
  | {
      readonly kind: 'run';
      readonly source: number;
      readonly size: number;
      readonly bitsPerSecond: number;
      readonly seconds: number;
    };

const MSG_TRUNC = 0x20;
const AT_ONCE = 50;
const DISCARD = 1024 * 1024;
const bytes = new Uint8Array(new ArrayBuffer(DISCARD)).fill(0x55);
const address = addressOf(bytes);

/** One relay's sources and players. */
class Group {
  readonly accepted: Socket[] = [];
  readonly players: Socket[] = [];
  readonly #server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    this.accepted.push(socket.on('error', () => {}));
  });
  readonly #poller = new Epoll(createEpoll());

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1', 4096);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async connect(port: number, count: number): Promise<void> {
    // Whoever came before was only looking whether the relay answers.
    if (this.players.length === 0) this.accepted.length = 0;
    while (this.players.length < count) {
      const batch = Array.from(
        { length: Math.min(AT_ONCE, count - this.players.length) },
        async () => {
          const socket = connect({
            port,
            host: '127.0.0.1',
            noDelay: true,
            onread: { buffer: bytes, callback: () => false },
          });
          await once(socket, 'connect');
          socket.pause();
          this.players.push(socket);
        },
      );
      await Promise.all(batch);
      await until('the relay has dialled', () => this.accepted.length >= this.players.length);
    }
    for (const player of this.players)
      this.#poller.add(descriptor(player), EPOLLIN, descriptor(player), 0);
  }

  /** Closes all connections. */
  leave(): number {
    const sockets = [...this.players.splice(0), ...this.accepted.splice(0)];
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  }

  /** Writes at an even pace, to one player after the other; answers the bytes that players got. */
  run(size: number, bitsPerSecond: number, seconds: number): number {
    const sources = this.accepted.map(descriptor);
    const interval = (8000 * size) / (bitsPerSecond * sources.length);
    const began = performance.now();
    const end = began + 1000 * seconds;
    let due = began;
    let sent = 0;
    let got = 0;
    let next = 0;
    for (let now = began; now < end; now = performance.now()) {
      for (; due <= now; due += interval) {
        sent += Math.max(
          0,
          send(sources[next++ % sources.length]!, address, size, MSG_DONTWAIT | MSG_NOSIGNAL),
        );
      }
      got += this.#discard(1);
    }
    while (got < sent && performance.now() < end + 5000) got += this.#discard(10);
    return got;
  }

  #discard(timeout: number): number {
    let got = 0;
    const count = this.#poller.wait(timeout);
    for (let i = 0; i < count; i += 1) {
      got += Math.max(0, recv(this.#poller.tagAt(i), address, DISCARD, MSG_DONTWAIT | MSG_TRUNC));
    }
    return got;
  }
}

function descriptor(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

const groups: Group[] = [];

async function obey(order: LoadOrder): Promise<number> {
  if (order.kind === 'source') {
    groups.push(new Group());
    return groups.at(-1)!.listen();
  }
  const group = groups[order.source]!;
  if (order.kind === 'leave') return group.leave();
  if (order.kind === 'run') return group.run(order.size, order.bitsPerSecond, order.seconds);
  await group.connect(order.port, order.count);
  return order.count;
}

process.on('message', async (order: LoadOrder) => process.send?.(await obey(order)));
process.once('disconnect', () => process.exit());
