import { Redis } from 'ioredis';
import { portsAt } from '../../src/child/ports.js';
import { MemoryRegistry } from '../../src/registry/memory.js';
import { Boxes } from '../../src/registry/redis/boxes.js';
import { Keys } from '../../src/registry/redis/keys.js';
import { RedisRegistry } from '../../src/registry/redis/redis.js';
import { Store } from '../../src/registry/redis/store.js';
import type { StreamKey } from '../../src/stream-key.js';
import { RedisServer } from '../helpers/redis.js';
import { key } from '../helpers/stream-key.js';
import { percentile, type Row, report, round } from './report.js';

const OWNER = { id: 'c001', generation: 1 };
const STREAMS = Array.from({ length: 10_000 }, (_, at) =>
  key(`__defaultVhost__/live/stream-${at}`),
);
const FINDS = 5000;
const IN_FLIGHT = 32;
const BOXES = 10;
const WATCH_MS = 10_000;
/** As the supervisor has it. */
const RENEW_MS = 90_000;

/** The map in memory and in a Redis of this machine. */
export async function run(): Promise<void> {
  const server = await RedisServer.start();
  const client = new Redis(server.port);
  try {
    const rows = [await inMemory(), await oneByOne(client), await claims(client)];
    await report('registry', 'the map of streams', [...rows, await tenBoxes(server.port)]);
  } finally {
    client.disconnect();
    await server.dispose();
  }
}

function open(client: Redis, prefix: string, box = 'b'): RedisRegistry {
  return new RedisRegistry({
    store: new Store(client),
    keys: new Keys(prefix),
    box,
    leaseMs: 4 * RENEW_MS,
  });
}

async function inMemory(): Promise<Row> {
  const registry = new MemoryRegistry();
  for (const stream of STREAMS) await registry.claim(stream, OWNER);
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  for (let round = 0; round < 100; round++) {
    for (const stream of STREAMS) await registry.find(stream);
  }
  const seconds = (performance.now() - start) / 1000;
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024;
  const finds = Math.round((100 * STREAMS.length) / seconds);
  return {
    name: 'memory, 10,000 streams x 100',
    values: { 'finds/s': finds, 'heap MB more': round(grown) },
  };
}

async function oneByOne(client: Redis): Promise<Row> {
  const registry = open(client, 'finds');
  await registry.claim(key('v/a/s'), OWNER);
  const times: number[] = [];
  for (let at = 0; at < FINDS; at++) {
    const start = performance.now();
    await registry.find(key('v/a/s'));
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (percent: number) => round(percentile(times, percent), 3);
  return { name: 'Redis, finds one by one', values: { 'p50 ms': at(50), 'p99 ms': at(99) } };
}

async function claims(client: Redis): Promise<Row> {
  const registry = open(client, 'claims');
  const start = performance.now();
  const left = STREAMS.values();
  const claimer = async () => {
    for (const stream of left) await registry.claim(stream, OWNER);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, claimer));
  const seconds = (performance.now() - start) / 1000;
  const name = `Redis, claims, ${IN_FLIGHT} in flight`;
  return { name, values: { 'claims/s': Math.round(STREAMS.length / seconds) } };
}

/** Measures 10 boxes of 1000 streams each while nothing happens: beats, and one renewal of all. */
async function tenBoxes(port: number): Promise<Row> {
  const record = () => ({
    ...{ v: 1 as const, host: '127.0.0.1', serverId: 'x' },
    ports: { ...portsAt(1), peer: 1 },
  });
  const keys = new Keys('ten');
  const members = Array.from({ length: BOXES }, (_, at) => {
    const client = new Redis(port);
    const box = `b${at}`;
    const boxes = new Boxes({ store: new Store(client), keys, box, record });
    return { client, boxes, registry: open(client, 'ten', box), streams: streamsOf(at) };
  });
  for (const { boxes, registry, streams } of members) {
    await boxes.start();
    await Promise.all(streams.map((stream) => registry.claim(stream, OWNER)));
  }
  const client = members[0]!.client;
  const [before, cpu] = [await commands(client), process.cpuUsage()];
  for (const { registry, streams } of members) {
    await registry.renew(streams.slice(0, 500), OWNER);
    await registry.renew(streams.slice(500), OWNER);
  }
  const renewed = await commands(client);
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const beats = (await commands(client)) - renewed;
  const { user, system } = process.cpuUsage(cpu);
  for (const { boxes } of members) await boxes.close();
  for (const member of members) member.client.disconnect();
  // A renewal comes once in RENEW_MS, and once in what was watched.
  const perSecond = beats / (WATCH_MS / 1000) + (renewed - before) / (RENEW_MS / 1000);
  const share = (user + system) / 1000 / WATCH_MS / BOXES;
  return {
    name: '10 boxes x 1000 streams, idle',
    values: {
      'commands/s, scripts’ own too': round(perSecond, 1),
      '% of a core a box': round(100 * share),
    },
  };
}

function streamsOf(box: number): StreamKey[] {
  return STREAMS.slice(box * 1000, (box + 1) * 1000);
}

/** All that Redis has run, what scripts called included. */
async function commands(client: Redis): Promise<number> {
  const stats = await client.info('commandstats');
  const calls = [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  return calls.reduce((sum, [, name, count]) => sum + (name === 'info' ? 0 : Number(count)), 0);
}
