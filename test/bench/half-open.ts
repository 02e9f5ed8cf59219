/** Set-ups of others beside thousands of connections on which nothing is said. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AdminStatus } from '../../src/admin/types.js';
import { type Origin, origins } from '../helpers/origins.js';
import { until } from '../helpers/until.js';
import { AttackedBox } from './attacked.js';
import { GoodClient, type Kind } from './good-client.js';
import { percentile, type Row, report, round } from './report.js';

const PROCESS = join(import.meta.dirname, 'half-open-process.js');
const CONNECTIONS = Number(process.env.BENCH_CONNECTIONS ?? 5000);
/** Their addresses, in 127.9/16. */
const ADDRESSES = 500;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const ROUNDS = 3;
const KINDS = ['rtmp', 'api'] as const;

type Times = Record<Kind, number[]>;

export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) {
    // Silent ones are closed after 10 s, and come again; or they stay.
    for (const identifySeconds of ['10', '300']) rows.push(await beside(origin, identifySeconds));
  }
  const title = [
    `Set-ups beside ${CONNECTIONS} silent RTMP connections of ${ADDRESSES} addresses, two children;`,
    `${ROUNDS} rounds of ${SECONDS} s without and ${SECONDS} s with them.`,
    'RTMP set-up, API GET: ms, p50/p99 without, with; x: p99 with by that without.',
    'lost: tries that failed beside them.',
  ].join('\n');
  await report('half-open', title, rows);
}

async function beside(origin: Origin, identifySeconds: string): Promise<Row> {
  const env = { SRS_SUPERVISOR_LIMITS_IDENTIFY_SECONDS: identifySeconds };
  const box = await AttackedBox.start(origin, undefined, env);
  const { rtmp, http, api } = box.ports;
  const client = new GoodClient({ rtmp, http, api, stream: 'good' });
  const [calm, loaded] = [noTimes(), noTimes()];
  try {
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      await measure(client, calm);
      const crowd = await open(box);
      await measure(client, loaded);
      await leave(box, crowd);
    }
  } finally {
    await client.close();
    await box.close();
  }
  const name = `${origin.name}, closed after ${identifySeconds} s`;
  return { name, values: { ...figures('rtmp', calm, loaded), ...figures('api', calm, loaded) } };
}

function noTimes(): Times {
  return { rtmp: [], api: [], flv: [] };
}

async function measure(client: GoodClient, times: Times): Promise<void> {
  const from = performance.now();
  await delay(1000 * SECONDS);
  const to = performance.now();
  // What was asked last has its answer, or its limit.
  await delay(1000);
  for (const kind of KINDS) times[kind].push(...client.times(kind, from, to));
}

/** Resolves when all are open and accepted. */
async function open(box: AttackedBox): Promise<ChildProcess> {
  const crowd = fork(PROCESS);
  crowd.send({ port: box.ports.rtmp, connections: CONNECTIONS, addresses: ADDRESSES });
  await once(crowd, 'message');
  await until('they are accepted', async () => (await pending(box)) > 0.9 * CONNECTIONS);
  return crowd;
}

async function leave(box: AttackedBox, crowd: ChildProcess): Promise<void> {
  const ended = once(crowd, 'exit');
  crowd.kill('SIGKILL');
  await ended;
  await until('they have left', async () => (await pending(box)) < 100);
}

async function pending({ supervisor }: AttackedBox): Promise<number> {
  return (await supervisor.get<AdminStatus>('status')).pending;
}

function figures(kind: Kind, calm: Times, loaded: Times) {
  const [without, beside] = [calm, loaded].map((times) => times[kind].sort((a, b) => a - b));
  const of = (times: readonly number[] = []) => [50, 99].map((part) => percentile(times, part));
  const shown = (times?: readonly number[]) =>
    of(times)
      .map((ms) => round(ms, 1))
      .join('/');
  const [, before = Number.NaN] = of(without);
  const [, after = Number.NaN] = of(beside);
  const lost = beside?.filter((ms) => ms === Number.POSITIVE_INFINITY).length ?? 0;
  const upper = kind.toUpperCase();
  return {
    [`${upper} without`]: shown(without),
    [`${upper} with`]: shown(beside),
    [`${upper} x`]: round(after / before),
    [`${upper} lost`]: lost,
  };
}
