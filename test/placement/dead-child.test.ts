import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Placement } from '../../src/placement/placement.js';
import type { StreamKey } from '../../src/stream-key.js';
import { recordLog } from '../helpers/log-lines.js';
import { key } from '../helpers/stream-key.js';
import { AwayRegistry, candidate, settled } from './helpers.js';

const ID = 'c001';
const STREAMS = ['v/live/1', 'v/live/2', 'v/live/3'].map(key);
const [S = key('v/live/1')] = STREAMS;
const REASON = 'registry: away';

/** One child, whose lives the test counts, and a registry that the test takes away. */
class Rig {
  readonly registry = new AwayRegistry();
  readonly log = recordLog();
  readonly moved: string[] = [];
  generation = 1;
  readonly placement = new Placement({
    registry: this.registry,
    candidates: () => [candidate({ id: ID, generation: this.generation })],
    onMoved: (stream) => this.moved.push(stream),
    logger: this.log.logger,
  });

  constructor(t: TestContext) {
    this.registry.away = false;
    t.after(() => this.placement.close());
  }

  async publish(...streams: StreamKey[]): Promise<void> {
    for (const stream of streams) {
      const hold = await this.placement.acquire(stream, 'publish');
      assert.ok(hold);
      assert.equal(await this.placement.published(stream, hold.owner), true);
    }
  }

  /** The child dies, and its next life is there at once. */
  async die(): Promise<void> {
    const generation = this.generation++;
    await this.placement.childDown({ id: ID, generation });
  }

  /** Which life the registry knows each stream in. */
  async known(): Promise<Record<string, number>> {
    await settled();
    const claims = await this.registry.list();
    return Object.fromEntries(claims.map(({ stream, owner }) => [stream, owner.generation]));
  }
}

test('a child that dies while the registry is away costs one line, however many streams it had', async (t) => {
  const rig = new Rig(t);
  await rig.publish(...STREAMS);
  const waiting = await rig.placement.acquire(key('v/live/waited'), 'play');
  rig.registry.away = true;
  // Its connection to the child ends a moment before the process does.
  waiting?.release();
  await rig.die();
  await settled();
  await rig.placement.tick();
  const msg = 'claims of a dead child stay until the registry answers: check the registry';
  assert.deepEqual(rig.log.lines, [{ child: ID, generation: 1, reason: REASON, msg }]);
  assert.deepEqual(rig.placement.list(), []);
  assert.deepEqual(rig.placement.counts(ID), { streams: 0, clients: STREAMS.length });
});

for (const way of ['tick', 'renew'] as const) {
  test(`its claims are given up at the first ${way} that the registry answers`, async (t) => {
    const rig = new Rig(t);
    await rig.publish(...STREAMS);
    rig.registry.away = true;
    await rig.die();
    await rig.placement[way]();
    assert.equal(Object.keys(await rig.known()).length, STREAMS.length);
    rig.registry.away = false;
    await rig.placement[way]();
    assert.deepEqual(await rig.known(), {});
  });
}

test('its next life, which took the stream alone, keeps it', async (t) => {
  const rig = new Rig(t);
  await rig.publish(S);
  rig.registry.away = true;
  await rig.die();
  await rig.publish(S);
  rig.registry.away = false;
  await rig.placement.renew();
  assert.deepEqual(await rig.known(), { [S]: 2 });
  assert.equal((await rig.registry.find(S))?.live, true);
  assert.deepEqual(rig.moved, []);
});

test('lives that follow the dead one lose nothing by what it still owes', async (t) => {
  const rig = new Rig(t);
  const [one = S, two = S, three = S] = STREAMS;
  await rig.publish(one);
  rig.registry.away = true;
  await rig.die();
  rig.registry.away = false;
  await rig.publish(two);
  rig.registry.away = true;
  await rig.die();
  assert.deepEqual(await rig.known(), { [one]: 1, [two]: 2 });
  rig.registry.away = false;
  await rig.publish(three);
  await rig.placement.tick();
  assert.deepEqual(await rig.known(), { [three]: 3 });
});

test('what was owed is given up once', async (t) => {
  const rig = new Rig(t);
  await rig.publish(S);
  rig.registry.away = true;
  await rig.die();
  rig.registry.away = false;
  await rig.placement.tick();
  const asked = t.mock.method(rig.registry, 'releaseAll');
  await rig.placement.tick();
  await rig.placement.renew();
  assert.equal(asked.mock.callCount(), 0);
});
