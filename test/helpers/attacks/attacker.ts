import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The target of an attack, and its source address. */
export interface Target {
  /** An address in 127/8 that nobody else uses. */
  readonly from: string;
  readonly ports: Readonly<Record<'rtmp' | 'http' | 'api' | 'rtc' | 'srt' | 'admin', number>>;
  /** A path of the HTTP port with a slow response. */
  readonly file: string;
  /** A published `app/stream`. */
  readonly stream: string;
}

export interface Tally {
  /** TCP connections established. */
  opened: number;
  /** Connections that the peer has closed. */
  ended: number;
  /** Connections refused or reset. */
  failed: number;
  readonly statuses: Record<string, number>;
}

export interface Manner {
  /** Default: true. */
  readonly reads?: boolean;
  /** Milliseconds until the client closes. */
  readonly holdMs?: number;
}

const HOST = '127.0.0.1';
const TICK_MS = 50;

/** Misbehaving clients at one address. */
export class Attacker {
  readonly tally: Tally = { opened: 0, ended: 0, failed: 0, statuses: {} };
  readonly from: string;
  readonly #signal: AbortSignal;
  readonly #sockets = new Set<Socket>();
  readonly #udp: UdpSocket[] = [];

  /** Attacks last until `signal` aborts. */
  constructor(from: string, signal: AbortSignal) {
    this.from = from;
    this.#signal = signal;
  }

  /** Resolves when the attack must stop. */
  get over(): Promise<void> {
    return delay(2 ** 30, undefined, { signal: this.#signal }).catch(() => {});
  }

  /** Opens a connection and sends these bytes. */
  open(port: number, bytes: Buffer | string, { reads = true, holdMs }: Manner = {}): Socket {
    const socket = connect({ host: HOST, port, localAddress: this.from });
    this.#sockets.add(socket);
    socket.once('connect', () => {
      this.tally.opened += 1;
      socket.write(bytes);
    });
    socket.on('error', () => {
      this.tally.failed += 1;
    });
    socket.once('end', () => {
      this.tally.ended += 1;
    });
    socket.once('close', () => this.#sockets.delete(socket));
    if (reads) socket.once('data', (answer: Buffer) => this.#note(answer)).resume();
    else socket.pause();
    if (holdMs !== undefined) setTimeout(() => socket.destroy(), holdMs).unref();
    return socket;
  }

  /** Opens a UDP socket and returns a function that sends datagrams from it. */
  async udp(): Promise<(port: number, datagram: Buffer) => void> {
    const socket = createSocket('udp4').on('error', () => {});
    this.#udp.push(socket);
    await new Promise<void>((resolve) => socket.bind(0, this.from, resolve));
    return (port, datagram) => socket.send(datagram, port, HOST);
  }

  /** Calls `act` so many times per second until the end, with a different number each time. */
  async pace(perSecond: number, act: (index: number) => void): Promise<void> {
    const began = performance.now();
    for (let done = 0; !this.#signal.aborted; await delay(TICK_MS)) {
      const due = ((performance.now() - began) / 1000) * perSecond;
      // Calls that are more than a second late are skipped.
      for (done = Math.max(done, Math.floor(due - perSecond)); done < due; done += 1) act(done);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const socket of this.#udp) socket.close();
  }

  #note(answer: Buffer): void {
    const status = /^HTTP\/1\.1 (\d+)/.exec(answer.toString('latin1', 0, 16))?.[1] ?? 'other';
    this.tally.statuses[status] = (this.tally.statuses[status] ?? 0) + 1;
  }
}
