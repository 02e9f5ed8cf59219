import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Datagrams } from '../../src/relay/native/datagrams.js';
import { createEpoll, EPOLLIN } from '../../src/relay/native/libc.js';
import {
  AF_INET,
  bindSocket,
  boundPort,
  connectSocket,
  createSocket,
  SOCK_DGRAM,
  sendTo,
  socketAddress,
} from '../../src/relay/native/libc-sockets.js';
import { Poller } from '../../src/relay/native/poller.js';
import { cpuMs } from './relay/peers.js';
import { median, type Row, report, round } from './report.js';

const SERVER = join(import.meta.dirname, 'relay/udp-server.js');
const PLAYERS = 80;
const DATAGRAMS_PER_SECOND = 250;
const SIZE = 1200;
/** A video frame of 2.4 Mbps at 25 a second: its datagrams come in a row. */
const FRAME = 10;
const SECONDS = 3;
const RUNS = 5;

/** A child, its players, and a relay between them. The child and the players are this process. */
class Setup {
  readonly samples: number[] = [];
  readonly #child = udpSocket();
  readonly #players = Array.from({ length: PLAYERS }, () => udpSocket());
  readonly #names: Uint8Array[] = [];
  readonly #poller = new Poller(createEpoll());
  readonly #in = new Datagrams({ named: true });
  readonly #server;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    this.#server = fork(SERVER, [name, `${boundPort(this.#child)}`]);
  }

  /** Every player says hello, so that the child knows where to send to. */
  async start(): Promise<void> {
    const [port] = (await once(this.#server, 'message')) as [number];
    const relay = socketAddress(AF_INET, '127.0.0.1', port);
    for (const player of this.#players) {
      connectSocket(player, relay);
      sendTo(player, Buffer.from('hello'), relay);
      this.#poller.add(player, EPOLLIN, player, 0);
    }
    while (this.#names.length < PLAYERS) {
      await delay(10);
      const count = this.#in.receive(this.#child, 0);
      for (let i = 0; i < count; i += 1) this.#names.push(this.#in.senderOf(i).slice(0, 16));
    }
  }

  /** Sends at an even pace for some seconds, and notes the relay's CPU for each Gbit that arrived. */
  run(): void {
    const { pid = 0 } = this.#server;
    const before = cpuMs(pid);
    const interval = 1000 / (PLAYERS * DATAGRAMS_PER_SECOND);
    const datagram = new Uint8Array(SIZE);
    const began = performance.now();
    let got = 0;
    for (let sent = 0, now = began; now < began + 1000 * SECONDS; now = performance.now()) {
      for (; began + sent * interval <= now || sent % FRAME > 0; sent += 1) {
        sendTo(this.#child, datagram, this.#names[Math.floor(sent / FRAME) % PLAYERS]!);
      }
      got += this.#collect();
    }
    this.samples.push((cpuMs(pid) - before) / ((8 * SIZE * got) / 1e9));
  }

  stop(): void {
    this.#server.disconnect();
  }

  #collect(): number {
    let got = 0;
    const count = this.#poller.wait(1);
    for (let i = 0; i < count; i += 1)
      got += Math.max(0, this.#in.receive(this.#poller.tagAt(i), 0));
    return got;
  }
}

function udpSocket(): number {
  const fd = createSocket(AF_INET, SOCK_DGRAM);
  bindSocket(fd, socketAddress(AF_INET, '127.0.0.1', 0));
  return fd;
}

/** CPU of each UDP relay on the same load, turn by turn. */
export async function run(): Promise<void> {
  const setups = [new Setup('native'), new Setup('portable')];
  for (const setup of setups) await setup.start();
  for (let i = 0; i < RUNS; i += 1) for (const setup of setups) setup.run();
  const portable = setups.at(-1)!.samples;
  const rows: Row[] = setups.map(({ name, samples }) => ({
    name,
    values: {
      'CPU ms per Gbit': round(median(samples), 0),
      'of portable': round(median(samples.map((value, i) => value / portable[i]!))),
    },
  }));
  for (const setup of setups) setup.stop();
  const load = `${PLAYERS} players, ${DATAGRAMS_PER_SECOND} datagrams of ${SIZE} bytes a second each`;
  await report('relay-udp', `UDP: ${load}, medians of ${RUNS}`, rows);
}
