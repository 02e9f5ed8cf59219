import { setTimeout as delay } from 'node:timers/promises';
import { type Origin, origins } from '../helpers/origins.js';
import { AttackedBox, attackNames, FEW_DESCRIPTORS } from './attacked.js';
import { type Row, report, round } from './report.js';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
const MINUTES = Number(process.env.BENCH_MINUTES ?? 5);
const CALM_SECONDS = 2;
/** Boxes that rest at one time: as many as a process has ports for. */
const BATCH = 4;

interface Attacked {
  readonly name: string;
  readonly box: AttackedBox;
  readonly endedAt: number;
  /** Resident memory in MB. */
  readonly before: number;
  readonly most: number;
}

/** Resident memory of the supervisor before, during and for minutes after each attack. */
export async function run(): Promise<void> {
  for (const origin of origins()) {
    const names = [...attackNames()];
    const rows: Row[] = [];
    while (names.length > 0) rows.push(...(await attackAndWait(origin, names.splice(0, BATCH))));
    const title = `RSS of the supervisor in MB, attacks of ${SECONDS} s, ${origin.name}`;
    await report(`memory-${origin.name}`, title, rows);
  }
}

/** One attack after the other, each on a box of its own; these rest side by side. */
async function attackAndWait(origin: Origin, names: readonly string[]): Promise<Row[]> {
  const attacked: Attacked[] = [];
  try {
    for (const name of names) attacked.push(await attack(origin, name));
    return await Promise.all(attacked.map(rest));
  } finally {
    for (const { box } of attacked) await box.close();
  }
}

async function attack(origin: Origin, name: string): Promise<Attacked> {
  const box = await AttackedBox.start(origin, FEW_DESCRIPTORS[name]);
  await delay(CALM_SECONDS * 1000);
  const before = megabytes(box);
  const { most } = await box.attack(name, SECONDS);
  return { name, box, endedAt: performance.now(), before, most: round(most.bytes / 1e6, 0) };
}

async function rest({ name, box, endedAt, before, most }: Attacked): Promise<Row> {
  const values: Record<string, number> = { before, during: most };
  for (const minutes of new Set([Math.min(1, MINUTES), MINUTES])) {
    await delay(Math.max(0, endedAt + minutes * 60_000 - performance.now()));
    values[`${minutes} min after`] = megabytes(box);
  }
  return { name, values };
}

function megabytes({ use }: AttackedBox): number {
  return round(use.bytes / 1e6, 0);
}
