import { setTimeout as delay } from 'node:timers/promises';
import { type Origin, origins } from '../helpers/origins.js';
import { AttackedBox, attackNames, FEW_DESCRIPTORS, type Use } from './attacked.js';
import { GoodClient, type Kind } from './good-client.js';
import { percentile, type Row, report, round } from './report.js';

const CALM_SECONDS = 4;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
/** After an attack: figures are to be those of before within this time. */
const AFTER_SECONDS = 12;
/** So many times longer than without attack is far worse. */
const WORSE = 3;
const KINDS: readonly Kind[] = ['rtmp', 'api', 'flv'];

/** Measures what a good client notices of each attack, and what the box has to bear. */
export async function run(): Promise<void> {
  for (const origin of origins()) {
    const results: Result[] = [];
    for (const name of attackNames()) results.push(await underAttack(origin, name));
    const title = [
      `A good client beside an attack of ${SECONDS} s from another address, ${origin.name}.`,
      'RTMP set-up, API GET, gap of FLV: ms, p50/p99. x: p99 of RTMP/API by that before the attack.',
      'lost: tries of the good client/children. back: s until p99 is 3-fold at most again.',
      `fds, RSS MB: before/most/${AFTER_SECONDS} s after.`,
    ].join('\n');
    const calm = { name: 'no attack', values: figures(KINDS.map((kind) => pooled(results, kind))) };
    await report(`hostile-${origin.name}`, title, [calm, ...results.map(({ row }) => row)]);
  }
}

interface Result {
  readonly row: Row;
  /** Times of a good client before the attack. */
  readonly calm: Readonly<Record<Kind, readonly number[]>>;
}

/** A box of its own for each: what one leaves behind is not the next one's. */
async function underAttack(origin: Origin, name: string): Promise<Result> {
  const box = await AttackedBox.start(origin, FEW_DESCRIPTORS[name]);
  const { rtmp, http, api } = box.ports;
  const client = new GoodClient({ rtmp, http, api, stream: 'good' });
  try {
    const began = performance.now();
    await delay(CALM_SECONDS * 1000);
    const before = box.use;
    const attackedAt = performance.now();
    const { most, tally } = await box.attack(name, SECONDS);
    const endedAt = performance.now();
    await delay(AFTER_SECONDS * 1000);
    console.log(`${origin.name}, ${name}: ${JSON.stringify(tally)}`);
    const calm = timesOf(client, began, attackedAt);
    const times = timesOf(client, attackedAt, endedAt);
    const values = {
      ...figures(KINDS.map((kind) => times[kind])),
      x: `${print(p99(times.rtmp) / p99(calm.rtmp))}/${print(p99(times.api) / p99(calm.api))}`,
      lost: `${failuresIn(times)}/${await lostChildren(box)}`,
      back: secondsUntilCalm(client, calm, endedAt),
      fds: usesOf('descriptors', [before, most, box.use]),
      'RSS MB': usesOf('bytes', [before, most, box.use]),
    };
    return { row: { name, values }, calm };
  } finally {
    await client.close();
    await box.close();
  }
}

function timesOf(client: GoodClient, from: number, to: number): Result['calm'] {
  const [rtmp = [], api = [], flv = []] = KINDS.map((kind) => client.times(kind, from, to));
  return { rtmp, api, flv };
}

function pooled(results: readonly Result[], kind: Kind): number[] {
  return results.flatMap(({ calm }) => calm[kind]).sort((one, other) => one - other);
}

function figures([rtmp = [], api = [], flv = []]: readonly (readonly number[])[]) {
  const of = (times: readonly number[]) => [percentile(times, 50), p99(times)].map(print).join('/');
  return { RTMP: of(rtmp), API: of(api), FLV: of(flv) };
}

/** Infinity: it never happened. */
function print(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '∞' : `${round(value, value < 10 ? 1 : 0)}`;
}

function p99(times: readonly number[]): number {
  return percentile(times, 99);
}

function failuresIn({ rtmp, api }: Result['calm']): number {
  return [...rtmp, ...api].filter((ms) => ms === Number.POSITIVE_INFINITY).length;
}

/** `all`: the supervisor itself has ended. */
async function lostChildren({ supervisor }: AttackedBox): Promise<number | 'all'> {
  if (supervisor.hasExited) return 'all';
  const children = await supervisor.children();
  return children.reduce((sum, { restarts }) => sum + restarts, 0);
}

/** The first second from which on none is far worse than it was before the attack. */
function secondsUntilCalm(client: GoodClient, calm: Result['calm'], endedAt: number) {
  const seconds = Array.from({ length: AFTER_SECONDS - 1 }, (_, second) => second);
  const last = seconds.findLast((second) => {
    const from = endedAt + 1000 * second;
    const times = timesOf(client, from, from + 1000);
    return (['rtmp', 'api'] as const).some((kind) => p99(times[kind]) > WORSE * p99(calm[kind]));
  });
  if (last === undefined) return 0;
  return last === seconds.at(-1) ? `>${last}` : last + 1;
}

function usesOf(key: keyof Use, uses: readonly Use[]): string {
  return uses.map((use) => (key === 'bytes' ? round(use.bytes / 1e6, 0) : use[key])).join('/');
}
