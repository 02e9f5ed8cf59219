import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Origin, origins } from '../helpers/origins.js';
import { encodeClip, type Listener, oneTurn, PLAYERS, RUNS, summary, type Turn } from './load.js';
import { flvOpening } from './players.js';
import { type Row, report } from './report.js';
import { StreamBox } from './stream-box.js';

/** Measures CPU of relay and child for 300 HTTP-FLV players of one stream, engine by engine. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const clip = await encodeClip(folder);
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await measure(origin, clip)));
  await rm(folder, { recursive: true, force: true });
  const title = `${PLAYERS} HTTP-FLV players of one stream of 2.5 Mbps, medians of ${RUNS} turns`;
  await report('http-flv', title, rows);
}

async function measure(origin: Origin, clip: string): Promise<Row[]> {
  const boxes = [await open(origin, clip, 'native'), await open(origin, clip, 'portable')];
  try {
    const turns = boxes.map(() => [] as Turn[]);
    for (let i = 0; i < RUNS; i += 1) {
      for (const [which, { listener }] of boxes.entries()) {
        turns[which]!.push(await oneTurn(listener, flvOpening));
      }
    }
    return boxes.map(({ listener }, i) => ({
      name: `${origin.name}, ${listener.name}`,
      values: summary(turns[i]!, undefined),
    }));
  } finally {
    for (const box of boxes) await box.close();
  }
}

async function open(origin: Origin, clip: string, name: string) {
  const box = await StreamBox.open(origin, clip, { args: ['--relay', name] });
  const listener: Listener = { name, port: box.ports.http, relay: box.pid, child: box.child.pid };
  return { listener, close: () => box.close() };
}
