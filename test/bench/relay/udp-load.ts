import { setTimeout as delay } from 'node:timers/promises';
import { Datagrams } from '../../../src/relay/native/datagrams.js';
import { Epoll } from '../../../src/relay/native/epoll.js';
import { close, createEpoll, EPOLLIN, SOL_SOCKET } from '../../../src/relay/native/libc.js';
import {
  AF_INET,
  bindSocket,
  boundPort,
  createSocket,
  SO_RCVBUF,
  SOCK_DGRAM,
  sendTo,
  setOption,
  socketAddress,
} from '../../../src/relay/native/libc-sockets.js';

const SIZE = 1200;
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Where a datagram says when it was sent: behind what looks like RTP's head. */
const TIME_AT = 12;

export interface UdpPace {
  /** Datagrams a second to each player, and as many from it. */
  readonly rate: number;
  /** How many go in a row to or from one player. */
  readonly burst: number;
}

export interface UdpResult {
  /** Bytes that arrived. */
  readonly bytes: number;
  /** Milliseconds that each datagram took. */
  readonly delays: readonly number[];
}

/** A child and its players, all in this process, with a relay between them. */
export class UdpLoad {
  readonly #child = udpSocket();
  readonly #players: readonly number[];
  /** Where the child reaches each player. */
  readonly #names = new Map<number, Uint8Array>();
  readonly #epoll = createEpoll();
  readonly #poller = new Epoll(this.#epoll);
  readonly #in = new Datagrams({ named: true });
  #relay: Uint8Array = new Uint8Array();

  constructor(players: number) {
    this.#players = Array.from({ length: players }, () => udpSocket());
    for (const fd of [this.#child, ...this.#players]) this.#poller.add(fd, EPOLLIN, fd, 0);
  }

  get childPort(): number {
    return boundPort(this.#child);
  }

  /** Every player says its number until the child has heard it. */
  async meet(relayPort: number): Promise<void> {
    this.#relay = socketAddress(AF_INET, '127.0.0.1', relayPort);
    for (let tries = 0; this.#names.size < this.#players.length; tries += 1) {
      if (tries === 20) throw new Error('the relay carries nothing');
      for (const [i, player] of this.#players.entries()) {
        if (!this.#names.has(i)) sendTo(player, Buffer.from(`${i}`), this.#relay);
      }
      await delay(200);
      for (let count = 1; count > 0; ) {
        count = this.#in.receive(this.#child, 0);
        for (let i = 0; i < count; i += 1) this.#heard(i);
      }
    }
  }

  /** Sends both ways at an even pace for some seconds. */
  run({ rate, burst }: UdpPace, seconds: number): UdpResult {
    const interval = 1000 / (2 * this.#players.length * rate);
    // As RTP begins.
    const datagram = Buffer.alloc(SIZE, 0x80);
    const began = performance.now();
    const delays: number[] = [];
    for (let sent = 0, now = began; now < began + 1000 * seconds; now = performance.now()) {
      for (; began + sent * interval <= now || sent % burst > 0; sent += 1) {
        const turn = Math.floor(sent / burst);
        const which = (turn >> 1) % this.#players.length;
        datagram.writeDoubleBE(performance.now(), TIME_AT);
        if (turn & 1) sendTo(this.#child, datagram, this.#names.get(which)!);
        else sendTo(this.#players[which]!, datagram, this.#relay);
      }
      this.#collect(burst > 1 ? 1 : 0, delays);
    }
    return { bytes: SIZE * delays.length, delays };
  }

  close(): void {
    for (const fd of [this.#epoll, this.#child, ...this.#players]) close(fd);
  }

  #heard(index: number): void {
    const player = Number(Buffer.from(this.#in.copyOf(index)).toString());
    this.#names.set(player, this.#in.senderOf(index).slice(0, 16));
  }

  #collect(timeout: number, delays: number[]): void {
    const ready = this.#poller.wait(timeout);
    const now = performance.now();
    for (let i = 0; i < ready; i += 1) {
      const count = this.#in.receive(this.#poller.tagAt(i), 0);
      for (let which = 0; which < count; which += 1) {
        delays.push(now - this.#in.viewOf(which).readDoubleBE(TIME_AT));
      }
    }
  }
}

function udpSocket(): number {
  const fd = createSocket(AF_INET, SOCK_DGRAM);
  setOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  bindSocket(fd, socketAddress(AF_INET, '127.0.0.1', 0));
  return fd;
}
