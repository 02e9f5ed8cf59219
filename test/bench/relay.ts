import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from './measure.js';
import type { LoadOrder } from './relay/load.js';
import { cpuMs, ours, PEERS, type Peer, stop, systemMs } from './relay/peers.js';
import { median, type Row, report, round } from './report.js';

const LOAD = join(import.meta.dirname, 'relay/load.js');
const PLAYERS = 400;
const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
/** Small writes cost so much that no machine carries 2.5 Mbps of them for 400 beside the load. */
const LOADS = [
  { size: 128 * 1024, bitsPerSecond: 2_500_000 },
  { size: 32 * 1024, bitsPerSecond: 2_500_000 },
  { size: 2 * 1024, bitsPerSecond: 250_000 },
];
/**
 * Two descriptors each in the relay, and two in the load: as many as `ulimit -n` 20000 has room
 * for.
 */
const IDLE = 9900;
const IDLE_SECONDS = 5;
/** A relay that has been at work: its heap has grown to what passing connections need. */
const WARM_UP = { rounds: 5, players: 1000 };

/** The process that plays sources and players. */
class Load {
  readonly process: ChildProcess = fork(LOAD);

  async ask(order: LoadOrder): Promise<number> {
    const answer = once(this.process, 'message');
    this.process.send(order);
    return (await answer)[0] as number;
  }
}

/** CPU of each relay on the same load, turn by turn; then what idle connections cost. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const load = new Load();
  const peers: Peer[] = [];
  try {
    for (const start of Object.values(PEERS)) {
      const source = await load.ask({ kind: 'source' });
      const peer = await start(source, folder);
      if (peer === null) continue;
      await load.ask({ kind: 'players', source: peers.length, port: peer.port, count: PLAYERS });
      peers.push(peer);
    }
    const rows = [];
    for (const { size, bitsPerSecond } of LOADS)
      rows.push(...(await compare(load, peers, size, bitsPerSecond)));
    await report(
      'relay',
      `${PLAYERS} players, CPU ms per Gbit, medians of ${RUNS} interleaved runs`,
      rows,
    );
  } finally {
    await Promise.all(peers.map(stop));
    load.process.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
  await runIdle();
}

async function compare(
  load: Load,
  peers: readonly Peer[],
  size: number,
  bitsPerSecond: number,
): Promise<Row[]> {
  const samples = peers.map(() => ({ own: [] as number[], system: [] as number[] }));
  for (let i = 0; i <= RUNS; i += 1) {
    for (const [source, { process: child }] of peers.entries()) {
      const pid = child?.pid;
      const before = { own: pid ? cpuMs(pid) : 0, system: systemMs() };
      const bytes = await load.ask({ kind: 'run', source, size, bitsPerSecond, seconds: SECONDS });
      const gbit = (8 * bytes) / 1e9;
      // The first round warms up: windows grow, code is compiled.
      if (i === 0) continue;
      samples[source]!.own.push(((pid ? cpuMs(pid) : 0) - before.own) / gbit);
      samples[source]!.system.push((systemMs() - before.system) / gbit);
    }
  }
  return rowsOf(size, peers, samples);
}

function rowsOf(
  size: number,
  peers: readonly Peer[],
  samples: readonly { own: number[]; system: number[] }[],
): Row[] {
  const of = (name: string) => samples[peers.findIndex((peer) => peer.name === name)];
  const ratio = (own: readonly number[], other?: readonly number[]) =>
    other ? round(median(own.map((value, i) => value / other[i]!))) : '';
  return peers.map(({ name }, i) => {
    const { own, system } = samples[i]!;
    const direct = of('direct')!.system;
    return {
      name: `${size / 1024} KB ${name}`,
      values: {
        'own CPU': round(median(own), 0),
        'of haproxy': ratio(own, of('haproxy')?.own),
        'of portable': ratio(own, of('portable')?.own),
        'system over direct': round(median(system.map((value, j) => value - direct[j]!)), 0),
      },
    };
  });
}

/** Measures silent connections: descriptors, and resident memory. */
export async function runIdle(): Promise<void> {
  const rows: Row[] = [];
  for (const name of ['native', 'portable']) {
    const load = new Load();
    const peer = await ours(name, await load.ask({ kind: 'source' }));
    const pid = peer.process!.pid!;
    try {
      for (let i = 0; i < WARM_UP.rounds; i += 1) {
        await load.ask({ kind: 'players', source: 0, port: peer.port, count: WARM_UP.players });
        await load.ask({ kind: 'leave', source: 0 });
      }
      const before = await settled(pid);
      await load.ask({ kind: 'players', source: 0, port: peer.port, count: IDLE });
      const after = await settled(pid);
      const spent = cpuMs(pid);
      await delay(1000 * IDLE_SECONDS);
      const values = {
        descriptors: round((after.descriptors - before.descriptors) / IDLE),
        'KB each': round((after.memory - before.memory) / IDLE / 1024),
        'CPU % of all': round((cpuMs(pid) - spent) / IDLE_SECONDS / 10),
      };
      rows.push({ name, values });
    } finally {
      await stop(peer);
      load.process.disconnect();
    }
  }
  await report('relay-idle', `${IDLE} idle connections`, rows);
}

/** Once closing sockets are closed and short-lived memory is collected. */
async function settled(pid: number) {
  await delay(3000);
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, memory: residentBytes(pid) };
}
