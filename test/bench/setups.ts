import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Origin, origins } from '../helpers/origins.js';
import { ROOT } from '../helpers/paths.js';
import { openingBytes } from '../helpers/rtmp-bytes.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { cpuDuring } from './measure.js';
import { median, type Row, report, round } from './report.js';

const AT_ONCE = 32;
const SECONDS = 4;
export const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const ENGINES = ['native', 'portable'];
/** Has children serve players whose streams nobody publishes: by default these wait in no child. */
export const DIRECT = { SRS_SUPERVISOR_SRS_TEMPLATE: join(ROOT, 'test/bench/direct.conf') };
/** Bytes of the handshake and of our own answers (3670), and some: the child has answered. */
const ANSWERED = 3750;

/**
 * Connects, asks to play, waits for the child's own answer, and leaves; answers true if it came.
 */
async function setUp(port: number, stream: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let received = 0;
  socket.on('error', () => {});
  socket.write(openingBytes(port, stream));
  socket.on('data', (bytes) => {
    received += bytes.length;
    if (received > ANSWERED) socket.destroy();
  });
  await once(socket, 'close').catch(() => {});
  return received > ANSWERED;
}

/** How many RTMP connections can be set up for a second of the supervisor's CPU, by engine. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await compare(origin)));
  const title = `RTMP connection setups, ${AT_ONCE} at once, medians of ${RUNS} interleaved runs`;
  await report('setups', title, rows);
}

async function compare({ name, path }: Origin): Promise<Row[]> {
  const supervisors: RunningSupervisor[] = [];
  try {
    for (const engine of ENGINES) {
      const args = ['--relay', engine];
      const options = { origin: path, children: 2, args, env: DIRECT };
      supervisors.push(await RunningSupervisor.start(options));
    }
    const runs = supervisors.map(() => [] as Run[]);
    // The first round warms up.
    for (let i = 0; i <= RUNS; i += 1) {
      for (const [which, supervisor] of supervisors.entries()) {
        const one = await oneRun(supervisor);
        if (i > 0) runs[which]!.push(one);
      }
    }
    return ENGINES.map((engine, i) => ({
      name: `${name}, ${engine}`,
      values: summary(runs[i]!, runs.at(-1)!),
    }));
  } finally {
    for (const supervisor of supervisors) await supervisor.dispose();
  }
}

/** Returns one of a hundred names. */
export function anyName(): string {
  return `setup${Math.floor(100 * Math.random())}`;
}

interface Run {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

function summary(runs: readonly Run[], portable: readonly Run[]) {
  return {
    'per second': round(median(runs.map(({ perSecond }) => perSecond)), 0),
    'per CPU second': round(median(runs.map(({ perCpuSecond }) => perCpuSecond)), 0),
    'of portable': round(
      median(runs.map(({ perCpuSecond }, i) => perCpuSecond / portable[i]!.perCpuSecond)),
    ),
  };
}

/** `nameOf` gives the stream of each client, with its parameters. */
export async function oneRun({ pid, rtmpPort }: RunningSupervisor, nameOf = anyName): Promise<Run> {
  let done = 0;
  let running = true;
  const began = performance.now();
  const worker = async () => {
    while (running) {
      if (!(await setUp(rtmpPort, nameOf()))) throw new Error('a connection was not served');
      done += 1;
    }
  };
  const [cpu = 0] = await cpuDuring([pid], async () => {
    const workers = Array.from({ length: AT_ONCE }, worker);
    await delay(1000 * SECONDS);
    running = false;
    await Promise.all(workers);
  });
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: done / seconds, perCpuSecond: done / cpu };
}
