import assert from 'node:assert/strict';
import { test } from 'node:test';
import RedisMock from 'ioredis-mock';
import type { OwnerRef } from '../../src/owner.js';
import { Placement } from '../../src/placement/placement.js';
import { Keys } from '../../src/registry/redis/keys.js';
import { RedisRegistry } from '../../src/registry/redis/redis.js';
import { Store } from '../../src/registry/redis/store.js';
import { key } from '../helpers/stream-key.js';
import { until } from '../helpers/until.js';
import { AwayRegistry, candidate } from './helpers.js';

const S = key('__defaultVhost__/live/cam');
let prefixes = 0;

/** Two boxes with one child of the same name each, on one store. */
class Boxes {
  readonly alive = new Set(['a', 'b']);
  readonly moved: string[] = [];
  readonly #prefix = `boxes${prefixes++}`;
  readonly a = this.#box('a');
  readonly b = this.#box('b');

  registry(box: string): RedisRegistry {
    const store = new Store(new RedisMock());
    return new RedisRegistry({ store, keys: new Keys(this.#prefix), box, leaseMs: 60_000 });
  }

  #box(box: string): Placement {
    return new Placement({
      registry: this.registry(box),
      candidates: () => [candidate()],
      isBoxAlive: (other) => this.alive.has(other),
      onMoved: (stream, { id, box: from = box }) => this.moved.push(`${stream} ${from}/${id}`),
    });
  }
}

test('a client that comes to the other box is sent to the first', async () => {
  const { a, b } = new Boxes();
  const publisher = await a.acquire(S, 'publish');
  assert.deepEqual(publisher?.owner, { id: 'c001', generation: 1 });
  const player = await b.acquire(S, 'play');
  assert.deepEqual(player?.owner, { id: 'c001', generation: 1, box: 'a' });
  const [{ box, publishing } = {}] = b.list();
  assert.deepEqual([box, publishing], ['a', false], 'its publisher is on its way');
  assert.deepEqual(b.counts('c001'), { streams: 0, clients: 0 });
  player?.release();
  await b.close();
  assert.equal(a.list()[0]?.clients, 1);
  assert.ok((await a.acquire(S, 'play'))?.owner);
});

test('a stream that another box publishes is shown as published', async () => {
  const { a, b } = new Boxes();
  const publisher = await a.acquire(S, 'publish');
  assert.ok(publisher);
  await a.published(S, publisher.owner);
  await b.acquire(S, 'play');
  const [{ box, publishing, clients } = {}] = b.list();
  assert.deepEqual([box, publishing, clients], ['a', true, 1]);
});

test('what leaves here is not given up there', async () => {
  const boxes = new Boxes();
  await boxes.a.acquire(S, 'publish');
  const player = await boxes.b.acquire(S, 'play');
  player?.release();
  await boxes.b.close();
  assert.deepEqual((await boxes.registry('c').find(S))?.owner.box, 'a');
});

test('the streams of a dead box are placed anew, and its clients told', async () => {
  const boxes = new Boxes();
  await boxes.a.acquire(S, 'publish');
  await boxes.b.acquire(S, 'play');
  boxes.alive.delete('a');
  boxes.b.boxDown('a');
  assert.deepEqual(boxes.moved, [`${S} a/c001`]);
  const again = await boxes.b.acquire(S, 'publish');
  assert.deepEqual(again?.owner, { id: 'c001', generation: 1 });
});

test('of two that claim one stream the one that publishes wins, and the loser is told', async () => {
  const boxes = new Boxes();
  const own: OwnerRef = { id: 'c001', generation: 1 };
  await boxes.a.acquire(S, 'play');
  // The store was emptied, and b came first.
  await boxes.registry('a').release(S, own);
  await boxes.b.acquire(S, 'publish');
  assert.equal(await boxes.b.published(S, own), true);
  await boxes.a.renew();
  assert.deepEqual(boxes.moved, [`${S} a/c001`]);
  assert.deepEqual((await boxes.a.acquire(S, 'play'))?.owner.box, 'b');
});

test('a live stream takes its name back from one that only waits', async () => {
  const boxes = new Boxes();
  const own: OwnerRef = { id: 'c001', generation: 1 };
  await boxes.a.acquire(S, 'publish');
  assert.equal(await boxes.a.published(S, own), true);
  await boxes.registry('a').release(S, own);
  await boxes.b.acquire(S, 'play');
  await boxes.a.renew();
  assert.deepEqual(boxes.moved, []);
  await boxes.b.renew();
  assert.deepEqual(boxes.moved, [`${S} b/c001`]);
  assert.deepEqual((await boxes.b.acquire(S, 'play'))?.owner.box, 'a');
});

test('what the other box publishes is found there, and waited for', async () => {
  const { a, b } = new Boxes();
  const own: OwnerRef = { id: 'c001', generation: 1 };
  const ending = new AbortController();
  assert.equal(await b.whenPublished(S, AbortSignal.abort()), false);
  assert.equal(await b.find(S, 'play'), null);
  let isThere = false;
  const waiting = b.whenPublished(S, ending.signal).then((answer) => {
    isThere = answer;
  });
  await a.acquire(S, 'publish');
  assert.equal(await a.published(S, own), true);
  await until('it is heard of', () => isThere);
  await waiting;
  assert.equal(await b.whenPublished(S, AbortSignal.abort()), true);
  assert.deepEqual((await b.find(S, 'play'))?.owner.box, 'a');
});

test('a found stream of the other box costs the store nothing for a moment', async () => {
  const boxes = new Boxes();
  const own: OwnerRef = { id: 'c001', generation: 1 };
  await boxes.a.acquire(S, 'publish');
  await boxes.a.published(S, own);
  (await boxes.b.find(S, 'play'))?.release();
  // Whatever the store says now, nobody asks it.
  await boxes.registry('a').release(S, own);
  const again = await boxes.b.acquire(S, 'play');
  assert.equal(again?.owner.box, 'a');
  again?.release(true);
  assert.equal((await boxes.b.acquire(S, 'play'))?.owner.box, undefined);
});

test('who was sent by the other box holds the stream here', async () => {
  const { a, b } = new Boxes();
  const own: OwnerRef = { id: 'c001', generation: 1 };
  const player = await a.acquire(S, 'play');
  const sent = await a.admit(S, 'play', own);
  player?.release();
  assert.deepEqual(a.counts('c001'), { streams: 1, clients: 1 });
  assert.equal((await b.acquire(S, 'publish'))?.owner.box, 'a');
  sent?.release();
  assert.equal(await a.admit(S, 'play', { id: 'c001', generation: 2 }), null);
  assert.equal(await b.admit(key('v/../x'), 'play', own), null);
});

test('who comes for a stream that another has meanwhile is sent away', async () => {
  const { a, b } = new Boxes();
  await b.acquire(S, 'publish');
  assert.equal(await a.admit(S, 'play', { id: 'c001', generation: 1 }), null);
  assert.deepEqual(a.counts('c001'), { streams: 0, clients: 0 });
});

test('while the registry is away a publisher is served, a player of an unknown stream is not', async () => {
  const registry = new AwayRegistry();
  const placement = new Placement({ registry, candidates: () => [candidate()] });
  const publisher = await placement.acquire(S, 'publish');
  assert.ok(publisher);
  assert.deepEqual((await placement.acquire(S, 'play'))?.owner, publisher.owner);
  await assert.rejects(placement.acquire(key('v/a/other'), 'play'), { code: 'ERR_REGISTRY_AWAY' });
  assert.equal(await placement.published(S, publisher.owner), true);
  registry.away = false;
  await placement.renew();
  assert.deepEqual((await registry.find(S))?.owner, publisher.owner);
  await placement.close();
});

test('who was sent by the other box is told when the registry does not answer', async () => {
  const registry = new AwayRegistry();
  const { id, generation } = candidate();
  const placement = new Placement({ registry, candidates: () => [candidate()] });
  await assert.rejects(placement.admit(S, 'play', { id, generation }), {
    code: 'ERR_REGISTRY_AWAY',
  });
  assert.deepEqual(placement.counts(id), { streams: 0, clients: 0 });
  registry.away = false;
  assert.deepEqual((await placement.admit(S, 'play', { id, generation }))?.owner, {
    id,
    generation,
  });
  await placement.close();
});

test('a stream whose publication the registry has missed is said to it at the next renewal', async () => {
  const registry = new AwayRegistry();
  registry.away = false;
  const placement = new Placement({ registry, candidates: () => [candidate()] });
  const publisher = await placement.acquire(S, 'publish');
  assert.ok(publisher);
  registry.away = true;
  assert.equal(await placement.published(S, publisher.owner), true);
  assert.equal((await registry.find(S))?.live, undefined);
  registry.away = false;
  await placement.renew();
  assert.equal((await registry.find(S))?.live, true);
  await placement.close();
});
