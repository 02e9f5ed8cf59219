import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { Cast } from '../helpers/cast.js';
import { Cluster, httpUrl, publishOn } from '../helpers/cluster.js';
import { framesOf } from '../helpers/media.js';
import { MINI_SRS } from '../helpers/origins.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 50;
/**
 * Every write is on disk before it is answered: a server that is killed comes back with all of
 * them.
 */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];
const MARK = 'written-before';

describe('a child that dies while Redis is away, which comes back with its data', BOUNDED, () => {
  let cluster: Cluster;
  const cast = new Cast();

  before(async () => {
    cluster = await Cluster.start({ origin: MINI_SRS, children: 1, redis: DURABLE });
  });
  afterEach(() => cast.close());
  after(() => cluster?.dispose());

  async function withRedis<T>(ask: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(cluster.redis.port);
    try {
      return await ask(client);
    } finally {
      client.disconnect();
    }
  }

  /** Publishes on the first box, and ends the child that has it while nobody can be told. */
  async function dieUntold(stream: string): Promise<void> {
    const { supervisor } = cluster.a;
    const publisher = await publishOn(cast, cluster.a, stream);
    await cast.assertPlays(FRAMES, httpUrl(cluster.b, `${stream}.flv`));
    await withRedis((client) => client.set(MARK, stream));
    await cluster.redis.kill();
    const { child: id } = await supervisor.ownerOf(stream);
    const { pid, generation } = await supervisor.child(id);
    process.kill(pid ?? 0, 'SIGKILL');
    await publisher.ended;
    await until('its next life', async () => {
      const child = await supervisor.child(id);
      return child.generation > generation && child.state === 'ready';
    });
  }

  async function bringBack(stream: string): Promise<void> {
    await cluster.redis.start();
    assert.equal(await withRedis((client) => client.get(MARK)), stream);
    await cluster.settled(2);
  }

  it('leaves its stream to whoever publishes it on another box', async () => {
    await dieUntold('live/other');
    await bringBack('live/other');
    await publishOn(cast, cluster.b, 'live/other');
  });

  it('leaves it to its next life, whose publisher did not wait for Redis', async () => {
    const stream = 'live/same';
    await dieUntold(stream);
    const publisher = await publishOn(cast, cluster.a, stream);
    await bringBack(stream);
    await until('it plays across', async () => {
      const player = cast.playFrames(httpUrl(cluster.b, `${stream}.flv`), FRAMES);
      return (await player.ended) === 0 && framesOf(player) === FRAMES;
    });
    assert.ok(publisher.isRunning);
  });
});
