import { connect } from 'node:net';
import type { UpgradeStatus } from '../../src/admin/types.js';
import { DemoPublisher } from '../../src/demo/publisher.js';
import { Cast } from '../helpers/cast.js';
import { CheckingClient } from '../helpers/checking-client.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { upgraded } from '../helpers/upgrading.js';
import { BlindPlayer, flvOpening } from './players.js';
import { median, type Row, report, round } from './report.js';

const ROUNDS = 3;
const STREAMS = 4;
/** Clients of each kind; with the publishers they are a thousand. */
const CLIENTS = { rtmp: 600, flv: 356, webrtc: 40 };
/** Silent RTMP connections, fewer where the machine's descriptors do not allow that. */
const IDLE = Number(process.env.BENCH_IDLE ?? 10_000);
const LOOK_MS = 20;
/** Milliseconds between two clients that come during the upgrades. */
const COME_MS = 50;
const LIMIT_MS = 5 * 60_000;

/** Notes for how long players get nothing. */
class Gaps {
  readonly #players: readonly BlindPlayer[];
  readonly #timer: NodeJS.Timeout;
  #seen: { bytes: number; at: number; gap: number }[] = [];

  constructor(players: readonly BlindPlayer[]) {
    this.#players = players;
    this.reset();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Longest milliseconds without a byte of each player since the last reset. */
  get longest(): number[] {
    return this.#seen.map(({ gap }) => gap);
  }

  reset(): void {
    const at = performance.now();
    this.#seen = this.#players.map(({ bytes }) => ({ bytes, at, gap: 0 }));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    for (const [index, { bytes }] of this.#players.entries()) {
      const seen = this.#seen[index];
      if (seen === undefined || seen.bytes === bytes) continue;
      seen.gap = Math.max(seen.gap, now - seen.at);
      [seen.bytes, seen.at] = [bytes, now];
    }
  }
}

/** Clients that come one after another; counts those whose connection is refused. */
class Comers {
  refused = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#timer = setInterval(() => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => socket.destroy());
      socket.once('error', () => {
        this.refused += 1;
      });
    }, COME_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Upgrades to the same program, under clients of several protocols and over idle connections. */
export async function run(): Promise<void> {
  const rows = [...(await mixed()), await idle()];
  await report('upgrade', `upgrades in place, ms; ${ROUNDS} under media`, rows);
}

async function mixed(): Promise<Row[]> {
  const [origin] = origins();
  const [http, api, rtc] = [await freePort(), await freePort(), await freePort()];
  const ports = { http, api, rtc };
  const supervisor = await RunningSupervisor.start({ origin: origin!.path, children: 2, ports });
  const streams = Array.from({ length: STREAMS }, (_, i) => `upgraded${i}`);
  const port = supervisor.rtmpPort;
  const publishers = streams.map((stream) => {
    return new DemoPublisher({ host: '127.0.0.1', port, app: 'live', stream, clipPath: CLIP });
  });
  const players: BlindPlayer[] = [];
  const checkers: CheckingClient[] = [];
  try {
    for (const publisher of publishers) await publisher.start();
    for (const name of streams) await supervisor.ownerOf(`live/${name}`);
    const nameOf = (i: number) => streams[i % STREAMS]!;
    for (let i = 0; i < CLIENTS.rtmp; i += 1) {
      players.push(new BlindPlayer(port, nameOf(i)));
    }
    for (let i = 0; i < CLIENTS.flv; i += 1) {
      players.push(new BlindPlayer(http, nameOf(i), flvOpening));
    }
    const at = { api: `http://127.0.0.1:${api}`, port: rtc, transport: 'udp' } as const;
    for (let i = 0; i < CLIENTS.webrtc; i += 1) {
      checkers.push(await CheckingClient.open(at, 'play', nameOf(i)));
    }
    await until('all have media', () => players.every(({ bytes }) => bytes > 6000), LIMIT_MS);
    const gaps = new Gaps(players);
    const comers = new Comers(port);
    const rows: Row[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      gaps.reset();
      const row = await oneUpgrade(supervisor, `upgrade ${round}`);
      const marks = players.map(({ bytes }) => bytes);
      const hasMore = () => players.every(({ bytes, isOpen }, i) => !isOpen || bytes > marks[i]!);
      await until('media again', hasMore, LIMIT_MS);
      await Promise.all(checkers.map((checker) => checker.isAnswered()));
      const ended = players.filter(({ isOpen }) => !isOpen).length;
      rows.push({ ...row, values: { ...row.values, ended, ...gapsIn(gaps.longest) } });
    }
    gaps.close();
    comers.close();
    rows.push({ name: 'clients that came meanwhile', values: { refused: comers.refused } });
    return rows;
  } finally {
    for (const one of [...players, ...checkers]) one.close();
    await Promise.all(publishers.map((publisher) => publisher.close()));
    await supervisor.dispose();
  }
}

async function idle(): Promise<Row> {
  const [origin] = origins();
  const env = { SRS_SUPERVISOR_CHILDREN_MAX_CONNECTIONS: '4000' };
  const supervisor = await RunningSupervisor.start({ origin: origin!.path, children: 4, env });
  const players: BlindPlayer[] = [];
  const cast = new Cast();
  try {
    // Streams without media: the players are relayed, and nothing comes.
    for (let i = 0; i < 8; i += 1) await cast.hold(supervisor.url(`live/idle${i}`));
    for (let i = 0; i < IDLE; i += 1) {
      players.push(new BlindPlayer(supervisor.rtmpPort, `idle${i % 8}`));
      if (i % 500 === 499) await countOf(supervisor, players.length);
    }
    await countOf(supervisor, players.length);
    const row = await oneUpgrade(supervisor, `${IDLE} idle connections`);
    const ended = players.filter(({ isOpen }) => !isOpen).length;
    return { ...row, values: { ...row.values, ended } };
  } finally {
    for (const player of players) player.close();
    await cast.close();
    await supervisor.dispose();
  }
}

/** Resolves when the children have so many players. */
async function countOf(supervisor: RunningSupervisor, players: number): Promise<void> {
  const count = async () =>
    (await supervisor.children()).reduce((sum, { clients }) => sum + clients, 0);
  await until('every player has its child', async () => (await count()) >= players, LIMIT_MS);
}

/** Milliseconds until the new program is proven, until it serves, and of the relay's pause. */
async function oneUpgrade(supervisor: RunningSupervisor, name: string): Promise<Row> {
  const begun = performance.now();
  let proven = begun;
  const status: UpgradeStatus = await upgraded(supervisor, async () => {
    await supervisor.post('upgrade');
    proven = performance.now();
  });
  const took = { proof: proven - begun, rest: performance.now() - proven };
  const { state, kept, pauseMs } = status;
  const times = { proof: round(took.proof, 0), 'settle to serve': round(took.rest, 0) };
  return { name, values: { state, kept, ...times, pause: pauseMs ?? '-' } };
}

function gapsIn(gaps: readonly number[]): Record<string, number> {
  const most = gaps.reduce((one, other) => Math.max(one, other), 0);
  return { 'gap p50': round(median(gaps), 0), 'gap max': round(most, 0) };
}
