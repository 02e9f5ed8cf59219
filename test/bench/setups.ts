import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { origins } from '../helpers/origins.js';
import { openingBytes } from '../helpers/rtmp-bytes.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { cpuDuring } from './measure.js';
import { median, type Row, report, round } from './report.js';

const AT_ONCE = 32;
const SECONDS = 4;
const RUNS = 5;
/** Handshake (3073 bytes) and some: past this a child's own answers have come. */
const ANSWERED = 3600;

/** Connects, asks to play, waits for the child's own answer, and leaves; answers true if it came. */
async function setUp(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let received = 0;
  socket.on('error', () => {});
  socket.write(openingBytes(port, `setup${Math.floor(Math.random() * 100)}`));
  socket.on('data', (bytes) => {
    received += bytes.length;
    if (received > ANSWERED) socket.destroy();
  });
  await once(socket, 'close').catch(() => {});
  return received > ANSWERED;
}

/** How many RTMP connections can be set up for a second of the supervisor's CPU. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) {
    const supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
    try {
      const perCpuSecond: number[] = [];
      const perSecond: number[] = [];
      for (let i = 0; i < RUNS; i += 1) {
        const { done, cpu, seconds } = await oneRun(supervisor);
        perCpuSecond.push(done / cpu);
        perSecond.push(done / seconds);
      }
      const values = {
        'per second': round(median(perSecond), 0),
        'per CPU second': round(median(perCpuSecond), 0),
      };
      rows.push({ name: origin.name, values });
    } finally {
      await supervisor.dispose();
    }
  }
  await report('setups', `RTMP connection setups, ${AT_ONCE} at once`, rows);
}

async function oneRun({ pid, rtmpPort }: RunningSupervisor) {
  let done = 0;
  let running = true;
  const began = performance.now();
  const worker = async () => {
    while (running) {
      if (!(await setUp(rtmpPort))) throw new Error('a connection was not served');
      done += 1;
    }
  };
  const [cpu = 0] = await cpuDuring([pid], async () => {
    const workers = Array.from({ length: AT_ONCE }, worker);
    await delay(1000 * SECONDS);
    running = false;
    await Promise.all(workers);
  });
  return { done, cpu, seconds: (performance.now() - began) / 1000 };
}
