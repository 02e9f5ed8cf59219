import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { Cast } from '../helpers/cast.js';
import { Cluster, type ClusterBox, httpUrl } from '../helpers/cluster.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { MINI_SRS } from '../helpers/origins.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { TcpHop } from '../helpers/tcp-hop.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 50;
/** Longest wait of an unknown stream's player: http.waitSeconds, and the store's own limits. */
const ANSWER_MS = 30_000;

interface Fault {
  readonly name: string;
  readonly inflict: () => Promise<unknown>;
  readonly heal: () => Promise<unknown>;
}

describe('boxes whose Redis fails', BOUNDED, () => {
  let cluster: Cluster;
  let hop: TcpHop;
  const cast = new Cast();

  before(async () => {
    cluster = await Cluster.start({
      origin: MINI_SRS,
      children: 1,
      registry: async ({ port }) => {
        hop ??= await TcpHop.open(port);
        return `redis://127.0.0.1:${hop.port}`;
      },
    });
  });
  afterEach(() => cast.close());
  after(async () => {
    await cluster?.dispose();
    hop?.close();
  });

  const faults: Fault[] = [
    {
      name: 'is slow by two seconds',
      inflict: async () => {
        hop.delayMs = 2000;
      },
      heal: async () => {
        hop.delayMs = 0;
      },
    },
    {
      name: 'is stopped',
      inflict: async () => process.kill(cluster.redis.pid, 'SIGSTOP'),
      heal: async () => process.kill(cluster.redis.pid, 'SIGCONT'),
    },
    {
      name: 'is killed, and comes back empty',
      inflict: () => cluster.redis.kill(),
      heal: () => cluster.redis.start(),
    },
    {
      name: 'is full',
      inflict: () => configure('1'),
      heal: () => configure('0'),
    },
  ];

  async function configure(maxmemory: string): Promise<void> {
    const client = new Redis(cluster.redis.port);
    await client.config('SET', 'maxmemory', maxmemory);
    client.disconnect();
  }

  function moreFor(player: RtmpPlayer): Promise<boolean> {
    const had = player.received.length;
    return until('more media', () => player.received.length > had + FRAMES);
  }

  /** Status for a player of a stream that nobody knows; fails if it comes too late. */
  async function askUnknown(box: ClusterBox): Promise<number> {
    const player = await HttpPlayer.get(box.http, '/live/unknown.flv');
    await until('an answer', () => player.status !== 0 || player.hasEnded, ANSWER_MS);
    player.close();
    return player.status;
  }

  /** The boxes whose own child has the stream. */
  async function owners(stream: string): Promise<ClusterBox[]> {
    const key = `__defaultVhost__/${stream}`;
    const found = cluster.boxes.map(async (box) => {
      const rows = await box.supervisor.streams();
      return rows.some((row) => row.stream === key && row.publishing && !row.box) ? [box] : [];
    });
    return (await Promise.all(found)).flat();
  }

  for (const [at, { name, inflict, heal }] of faults.entries()) {
    it(`goes on while it ${name}, and settles the map after`, async () => {
      const { a, b } = cluster;
      const [run, fresh, both] = [`live/run${at}`, `live/new${at}`, `live/both${at}`];
      cast.publish(a.supervisor.url(run));
      await a.supervisor.ownerOf(run);
      const players = [
        await cast.play(a.supervisor.url(run)),
        await cast.play(b.supervisor.url(run)),
      ];
      await Promise.all(players.map(moreFor));

      await inflict();
      // It waits for http.waitSeconds, beside what follows.
      const unknown = askUnknown(b);
      await Promise.all(players.map(moreFor));
      cast.publish(a.supervisor.url(fresh));
      const rivals = [cast.publish(a.supervisor.url(both)), cast.publish(b.supervisor.url(both))];
      await a.supervisor.ownerOf(fresh);
      await until('both have it', async () => (await owners(both)).length === 2);
      await cast.assertPlays(FRAMES, a.supervisor.url(fresh));
      await cast.assertPlays(FRAMES, httpUrl(a, `${run}.flv`));
      assert.equal(await unknown, 404);
      await Promise.all(players.map(moreFor));

      await heal();
      await cluster.settled(2);
      await until('one of two is left', async () => (await owners(both)).length === 1);
      await until('the loser is closed', () => rivals.some(({ isRunning }) => !isRunning));
      assert.equal(rivals.filter(({ isRunning }) => isRunning).length, 1);
      await Promise.all(players.map(moreFor));
      for (const box of cluster.boxes) {
        await cast.assertPlays(FRAMES, httpUrl(box, `${both}.flv`));
        await cast.assertPlays(FRAMES, httpUrl(box, `${fresh}.flv`));
      }
      assert.ok(players.every(({ hasEnded }) => !hasEnded));
    });
  }
});
