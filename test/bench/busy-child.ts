import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ffmpeg } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { encodeClip, type Listener, oneTurn, PLAYERS, RUNS, STREAM, type Turn } from './load.js';
import { endLone, startLone } from './lone.js';
import { median, type Row, report, round } from './report.js';

/** Fan-out would take the players from the child. */
const ENV = { SRS_SUPERVISOR_FANOUT_MODE: 'off' };

/**
 * CPU of a child with 300 RTMP players, beside that of a lone origin with the same config and as
 * many players of its own, turn by turn.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(await measure(origin, clip));
  await rm(folder, { recursive: true, force: true });
  const title = `${PLAYERS} RTMP players of one stream of 2.5 Mbps, medians of ${RUNS} turns`;
  await report('busy-child', title, rows);
}

async function measure(origin: Origin, clip: string): Promise<Row> {
  const box = await RunningSupervisor.start({ origin: origin.path, children: 1, env: ENV });
  const lone = await startLone(origin, box.workDir);
  const publishers = [box.url(STREAM), `rtmp://127.0.0.1:${lone.rtmpPort}/${STREAM}`].map((url) =>
    publishClip(clip, url),
  );
  try {
    await box.ownerOf(STREAM);
    const [child] = await box.children();
    const ofBox = { name: 'box', port: box.rtmpPort, relay: box.pid, child: child?.pid ?? 0 };
    const pid = lone.process.pid ?? 0;
    const alone = { name: 'lone', port: lone.rtmpPort, relay: pid, child: pid };
    const turns = await inTurns([ofBox, alone]);
    return { name: origin.name, values: shown(turns) };
  } finally {
    for (const publisher of publishers) await publisher.kill();
    await endLone(lone);
    await box.dispose();
  }
}

function publishClip(clip: string, url: string): Ffmpeg {
  const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
  return new Ffmpeg('ffmpeg', [...input, url]);
}

async function inTurns(listeners: readonly Listener[]): Promise<Turn[][]> {
  const turns = listeners.map(() => [] as Turn[]);
  for (let i = 0; i < RUNS; i += 1) {
    for (const [which, listener] of listeners.entries()) {
      turns[which]?.push(await oneTurn(listener));
    }
  }
  return turns;
}

function shown([ofBox = [], alone = []]: readonly Turn[][]): Row['values'] {
  const costs = [ofBox, alone].map((turns) =>
    turns.map(({ child, gbit }) => (1000 * child) / gbit),
  );
  const [ours = [], theirs = []] = costs;
  return {
    'child ms/Gbit': round(median(ours), 0),
    'lone ms/Gbit': round(median(theirs), 0),
    'child / lone': round(median(ours.map((cost, at) => cost / (theirs[at] ?? cost)))),
  };
}
