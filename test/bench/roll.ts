import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoPublisher } from '../../src/demo/publisher.js';
import type { JobReport } from '../../src/jobs/job.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { openingBytes } from '../helpers/rtmp-bytes.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { median, type Row, report, round } from './report.js';

const CHILDREN = 32;
const PLAYERS = 300;
const PARALLEL = [1, 4];
/** Bytes of the set-up, and some: media come. */
const SET_UP = 6000;
/** Milliseconds until a player whose connection has ended connects again. */
const AGAIN_MS = 100;
const LIMIT_MS = 20 * 60_000;

/** A player that connects again whenever it is closed, and notes how long it was without media. */
class StubbornPlayer {
  /** Longest milliseconds without a byte within one connection that had media. */
  gap = 0;
  /** Milliseconds from a connection's end to the next media. */
  readonly outages: number[] = [];
  /** Connections that had media and were closed. */
  closed = 0;
  hasMedia = false;
  readonly #port: number;
  readonly #stream: string;
  #socket: Socket | null = null;
  #isOver = false;

  constructor(port: number, stream: string) {
    this.#port = port;
    this.#stream = stream;
    this.#connect(null);
  }

  close(): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }

  /** Forgets what was noted so far. */
  reset(): void {
    this.gap = 0;
    this.closed = 0;
    this.outages.length = 0;
  }

  #connect(lostAt: number | null): void {
    if (this.#isOver) return;
    this.hasMedia = false;
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    this.#socket = socket;
    let heardAt = 0;
    socket.on('error', () => {});
    socket.write(openingBytes(this.#port, this.#stream));
    socket.on('data', () => {
      const now = performance.now();
      if (socket.bytesRead < SET_UP) return;
      if (this.hasMedia) this.gap = Math.max(this.gap, now - heardAt);
      else if (lostAt !== null) this.outages.push(now - lostAt);
      this.hasMedia = true;
      heardAt = now;
    });
    socket.once('close', () => {
      const lost = this.hasMedia ? performance.now() : lostAt;
      if (this.hasMedia && !this.#isOver) this.closed += 1;
      setTimeout(() => this.#connect(lost), AGAIN_MS);
    });
  }
}

/** A rolling restart under players who connect again by themselves. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  const [origin] = origins();
  if (origin === undefined) return;
  for (const parallel of PARALLEL) rows.push(await roll(origin.path, parallel));
  const title = `restart --all of ${CHILDREN} mini-srs under ${CHILDREN} publishers and ${PLAYERS} players, drain 0 s`;
  await report('roll', title, rows);
}

async function roll(origin: string, parallel: number): Promise<Row> {
  const supervisor = await RunningSupervisor.start({ origin, children: CHILDREN });
  const port = supervisor.rtmpPort;
  const players: StubbornPlayer[] = [];
  const publishers: DemoPublisher[] = [];
  try {
    for (let i = 0; i < CHILDREN; i++) {
      const where = { host: '127.0.0.1', port, app: 'live', stream: `s${i}`, clipPath: CLIP };
      const publisher = new DemoPublisher(where);
      publishers.push(publisher);
      await publisher.start();
    }
    for (let i = 0; i < PLAYERS; i++) players.push(new StubbornPlayer(port, `s${i % CHILDREN}`));
    const haveMedia = () => players.every(({ hasMedia }) => hasMedia);
    await until('media for all', haveMedia);
    await delay(5000);
    const quiet = Math.max(...players.map(({ gap }) => gap));
    for (const player of players) player.reset();
    const body = { parallel, timeout: 0 };
    const job = await supervisor.post<JobReport>('restart', body);
    const ended = await until(
      'the end',
      async () => {
        const now = await supervisor.get<JobReport>(`jobs/${job.id}`);
        return now.state !== 'running' && now;
      },
      LIMIT_MS,
    );
    await until('media for all again', haveMedia);
    const outages = players.flatMap((player) => player.outages);
    return {
      name: `${parallel} at a time`,
      values: {
        state: ended.state,
        seconds: round(((ended.ended ?? ended.since) - ended.since) / 1000, 1),
        'clients closed': players.filter(({ closed }) => closed > 0).length,
        'times each (median)': median(players.map(({ closed }) => closed)),
        'without media ms (median)': Math.round(median(outages)),
        'most ms': Math.round(Math.max(0, ...outages)),
        'longest gap of others ms': Math.round(Math.max(...players.map(({ gap }) => gap))),
        'before ms': Math.round(quiet),
      },
    };
  } finally {
    for (const player of players) player.close();
    await Promise.all(publishers.map((publisher) => publisher.close()));
    await supervisor.dispose();
  }
}
