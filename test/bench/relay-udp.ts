import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../helpers/ports.js';
import { cpuMs, ours, type Peer, spawnNginx, stop } from './relay/peers.js';
import { UdpLoad, type UdpPace } from './relay/udp-load.js';
import { median, type Row, report, round } from './report.js';

const SERVER = join(import.meta.dirname, 'relay/udp-server.js');
const SECONDS = 2;
const RUNS = Number(process.env.BENCH_RUNS ?? 5);
/**
 * Bursts are the datagrams of a video frame. Ten times the players at a tenth of the pace: no
 * machine that carries the load beside the relays has more to give.
 */
export const LOADS: readonly (UdpPace & { readonly players: number })[] = [
  { players: 80, rate: 250, burst: 10 },
  { players: 80, rate: 250, burst: 1 },
  { players: 800, rate: 25, burst: 10 },
  { players: 800, rate: 25, burst: 1 },
];

const PEERS = ['native', 'webrtc', 'portable', 'nginx'];

/** A relay, its load, and CPU ms for each Gbit that arrived, turn by turn. */
interface Setup {
  readonly peer: Peer;
  readonly load: UdpLoad;
  readonly samples: number[];
  /** The median of each turn, ms. */
  readonly delays: number[];
}

/** CPU of each UDP relay on the same load, turn by turn. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const rows: Row[] = [];
  for (const pace of LOADS) rows.push(...(await compare(pace, folder, PEERS)));
  await rm(folder, { recursive: true, force: true });
  await report('relay-udp', `UDP, datagrams of 1200 bytes both ways, medians of ${RUNS}`, rows);
}

/** CPU of these relays at one pace. */
export async function compare(
  pace: (typeof LOADS)[number],
  folder: string,
  peers: readonly string[],
): Promise<Row[]> {
  const setups: Setup[] = [];
  try {
    for (const name of peers) {
      const load = new UdpLoad(pace.players);
      const peer = await start(name, load.childPort, folder);
      if (peer === null) load.close();
      else setups.push({ peer, load, samples: [], delays: [] });
      if (peer !== null) await load.meet(peer.port);
    }
    // The first round warms up.
    for (let i = 0; i <= RUNS; i += 1) {
      for (const setup of setups) {
        const { spent, delay } = turn(setup, pace);
        if (i === 0) continue;
        setup.samples.push(spent);
        setup.delays.push(delay);
      }
    }
    return setups.map((setup) => rowOf(setup, pace, setups));
  } finally {
    await Promise.all(setups.map(({ peer }) => stop(peer)));
    for (const { load } of setups) load.close();
  }
}

async function start(name: string, childPort: number, folder: string): Promise<Peer | null> {
  if (name !== 'nginx') return ours(name, childPort, SERVER);
  const port = await freePort();
  const process = await spawnNginx(`127.0.0.1:${port} udp`, childPort, folder);
  if (process === null) console.log('nginx has no stream module here: left out');
  return process && { name, port, process };
}

/** CPU ms for each Gbit, and the median delay, ms. */
function turn({ peer, load }: Setup, pace: UdpPace): { spent: number; delay: number } {
  const pid = peer.process?.pid ?? 0;
  const before = familyMs(pid);
  const { bytes, delays } = load.run(pace, SECONDS);
  return { spent: (familyMs(pid) - before) / ((8 * bytes) / 1e9), delay: median(delays) };
}

/** CPU of a process and of its children, as nft is one. */
function familyMs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? [];
  return [pid, ...children.map(Number)].reduce((sum, each) => sum + cpuMs(each), 0);
}

function rowOf({ peer, samples, delays }: Setup, pace: (typeof LOADS)[number], all: Setup[]): Row {
  const ratio = (name: string) => {
    const other = all.find((setup) => setup.peer.name === name)?.samples;
    return other ? round(median(samples.map((value, i) => value / other[i]!))) : '';
  };
  return {
    name: `${pace.players} players x ${pace.rate}/s, ${pace.burst} in a row: ${peer.name}`,
    values: {
      'CPU ms per Gbit': round(median(samples), 0),
      'of portable': ratio('portable'),
      'of nginx': ratio('nginx'),
      'of webrtc': ratio('webrtc'),
      'ms on the way': round(median(delays)),
    },
  };
}
