import assert from 'node:assert/strict';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { Cast } from '../helpers/cast.js';
import { Cluster, httpUrl, publishOn } from '../helpers/cluster.js';
import { framesOf } from '../helpers/media.js';
import { MINI_SRS } from '../helpers/origins.js';
import { RedisClusterSetup } from '../helpers/redis-cluster.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { SentinelSetup } from '../helpers/sentinel.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 50;
/** Players come back as long as the box answers that it knows no such stream. */
const PLAYS_MS = 120_000;

describe('boxes whose map is in several Redis servers', BOUNDED, () => {
  const cast = new Cast();
  let cluster: Cluster | null = null;

  afterEach(async () => {
    await cast.close();
    await cluster?.dispose();
    cluster = null;
  });

  async function open(url: string): Promise<Cluster> {
    const registry = async () => url;
    cluster = await Cluster.start({ origin: MINI_SRS, children: 1, registry });
    return cluster;
  }

  /** Plays on one box what the other one publishes. */
  async function playAcross({ a, b }: Cluster, stream: string): Promise<void> {
    await publishOn(cast, a, stream);
    await until(
      'it plays across',
      async () => {
        const player = cast.playFrames(httpUrl(b, `${stream}.flv`), FRAMES);
        return (await player.ended) === 0 && framesOf(player) === FRAMES;
      },
      PLAYS_MS,
    );
  }

  async function assertOutlives(t: TestContext, setup: SentinelSetup, fail: () => void) {
    const boxes = await open(setup.url);
    await playAcross(boxes, 'live/run');
    const players = [
      await cast.play(boxes.a.supervisor.url('live/run')),
      await cast.play(boxes.b.supervisor.url('live/run')),
    ];
    await Promise.all(players.map(moreFor));
    fail();
    const since = performance.now();
    await playAcross(boxes, 'live/new');
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    t.diagnostic(`a new stream has been played across after ${seconds} s`);
    await boxes.settled(2);
    await Promise.all(players.map(moreFor));
    assert.ok(players.every(({ hasEnded }) => !hasEnded));
  }

  it('go on when the master dies and Sentinel takes its replica', async (t) => {
    const setup = await SentinelSetup.start();
    t.after(() => setup.dispose());
    await assertOutlives(t, setup, () => void setup.master.kill());
  });

  it('go on when the master hangs, and comes back as a replica', async (t) => {
    const setup = await SentinelSetup.start();
    t.after(() => setup.dispose());
    const { pid } = setup.master;
    await assertOutlives(t, setup, () => process.kill(pid, 'SIGSTOP'));
    process.kill(pid, 'SIGCONT');
    assert.ok(cluster);
    await playAcross(cluster, 'live/later');
  });

  it('follow a failover that somebody asks for, and make their claims again', async (t) => {
    const setup = await SentinelSetup.start({ sentinels: 3 });
    t.after(() => setup.dispose());
    await assertOutlives(t, setup, () => void setup.failOver());
    assert.equal(await setup.masterPort(), setup.replica.port);
    const master = new Redis(setup.replica.port);
    t.after(() => master.disconnect());
    for (const stream of ['live/run', 'live/new']) {
      await until(`the claim of ${stream}`, async () =>
        (await master.keys('*:claim:*')).some((key) => key.endsWith(stream)),
      );
    }
    const { a, b } = cluster ?? assert.fail();
    for (const { supervisor } of [a, b]) {
      await until('it is said', () =>
        /connected to another master: all claims/.test(supervisor.output),
      );
    }
  });

  it('share a Redis Cluster', async (t) => {
    const setup = await RedisClusterSetup.start();
    t.after(() => setup.dispose());
    await playAcross(await open(setup.url), 'live/x');
  });
});
