import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.js';
import { openEngine, openUdpRelay } from '../../src/relay/engine.js';
import type { UdpRelay, UdpSession } from '../../src/relay/udp.js';
import { RelayBench } from '../helpers/sockets.js';
import { residentBytes } from './measure.js';
import { openDescriptors, storm } from './relay-churn.js';
import { type Row, report, round } from './report.js';

const MINUTES = Number(process.env.BENCH_MINUTES ?? 10);
const AT_ONCE = 20;
const PAUSE_MS = 200;

/** Small storms of short connections and UDP sessions for minutes: what grows meanwhile. */
export async function run(): Promise<void> {
  const options = { engine: 'native', threads: 2, cpus: [], logger: silentLogger } as const;
  const bench = await RelayBench.open(await openEngine(options));
  const udp = await openUdpRelay('native', UDP, { logger: silentLogger, cpu: null });
  const rows: Row[] = [];
  let connections = 0;
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    const end = performance.now() + 60_000;
    while (minute > 0 && performance.now() < end) {
      await Promise.all([storm(bench, AT_ONCE), sessions(udp)]);
      connections += AT_ONCE;
      await delay(PAUSE_MS);
    }
    globalThis.gc?.();
    const megabytes = round(residentBytes(process.pid) / 1e6, 1);
    const values = { connections, 'RSS MB': megabytes, descriptors: openDescriptors() };
    rows.push({ name: `minute ${minute}`, values });
  }
  await bench.close();
  await udp.close();
  await report('relay-soak', `${MINUTES} minutes of short connections and UDP sessions`, rows);
}

const UDP = {
  address: { host: '127.0.0.1', port: 0 },
  maxSessions: 100,
  idleMs: 60_000,
  onStranger: () => {},
};

/** Some sessions that carry a datagram, and end. */
async function sessions(relay: UdpRelay): Promise<void> {
  const child = createSocket('udp4').bind(0, '127.0.0.1');
  await once(child, 'listening');
  const { port } = child.address();
  const opened = Array.from({ length: AT_ONCE }, (_, i) =>
    relay.open({ ip: '127.0.0.1', port: 1 + i }, { ip: '127.0.0.1', port }, [Buffer.from('x')]),
  ).filter((session): session is UdpSession => session !== null);
  await once(child, 'message');
  for (const session of opened) session.destroy();
  await Promise.all(opened.map(({ ended }) => ended));
  child.close();
}
