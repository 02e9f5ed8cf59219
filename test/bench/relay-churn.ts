import { readdirSync } from 'node:fs';
import { silentLogger } from '../../src/logging/logger.js';
import { openEngine } from '../../src/relay/engine.js';
import { PortableEngine } from '../../src/relay/portable/tcp.js';
import { RelayBench } from '../helpers/sockets.js';
import { type Row, report, round } from './report.js';

const CONNECTIONS = 50_000;
const AT_ONCE = 100;

/** Short connections, ended in every way there is: how many a second, and what they leave open. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  // With its first socket libuv keeps a descriptor in reserve, for good.
  await (await RelayBench.open(new PortableEngine())).close();
  for (const engine of ['native', 'portable'] as const) {
    const options = { engine, threads: 2, cpus: [], logger: silentLogger };
    const before = openDescriptors();
    const bench = await RelayBench.open(await openEngine(options));
    const began = performance.now();
    for (let i = 0; i < CONNECTIONS; i += AT_ONCE) await storm(bench, AT_ONCE);
    const seconds = (performance.now() - began) / 1000;
    await bench.close();
    const left = openDescriptors() - before;
    rows.push({
      name: engine,
      values: { 'per second': round(CONNECTIONS / seconds, 0), 'descriptors left': left },
    });
  }
  await report('relay-churn', `${CONNECTIONS} short connections, ${AT_ONCE} at once`, rows);
}

/** Connections that end at once, in every way there is. */
export async function storm(bench: RelayBench, count: number): Promise<void> {
  const all = Array.from({ length: count }, async (_, index) => {
    const { client, child, relayed } = await bench.pair();
    client.resume();
    child.resume();
    if (index % 3 === 0) client.resetAndDestroy();
    else client.end('x');
    if (index % 3 === 1) child.resetAndDestroy();
    else child.end('y');
    await relayed.ended;
  });
  await Promise.all(all);
}

/** All that this process has open, beyond what it has had before. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
