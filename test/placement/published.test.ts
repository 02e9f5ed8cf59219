import assert from 'node:assert/strict';
import { test } from 'node:test';
import { key } from '../helpers/stream-key.js';
import { GRACE_MS, settled, World } from './helpers.js';

const S = key('__defaultVhost__/live/cam');
const NEVER = new AbortController().signal;

function child(world: World, index: number) {
  const { id, generation } = world.fleet[index]!;
  return { id, generation };
}

test('a stream that begins inside a child belongs to it until it ends there', async () => {
  const world = new World(3);
  assert.equal(await world.placement.published(S, child(world, 2)), true);
  assert.deepEqual((await world.placement.acquire(S, 'play'))?.owner, child(world, 2));
  const [row] = world.placement.list();
  assert.deepEqual([row?.child, row?.publishing, row?.clients], ['c2', true, 1]);
  await world.pass(3 * GRACE_MS);
  assert.deepEqual(await world.claimed(), [S]);
});

test('it is kept for a grace after its end, then forgotten', async () => {
  const world = new World(3);
  await world.placement.published(S, child(world, 1));
  world.placement.unpublished(S, child(world, 1));
  assert.equal(world.placement.list()[0]?.publishing, false);
  await world.pass(GRACE_MS - 1000);
  assert.deepEqual(await world.claimed(), [S]);
  await world.pass(2000);
  assert.deepEqual(await world.claimed(), []);
});

test('two children cannot publish one stream', async () => {
  const world = new World(3);
  await world.placement.published(S, child(world, 1));
  assert.equal(await world.placement.published(S, child(world, 2)), false);
  world.placement.unpublished(S, child(world, 2));
  assert.equal(world.placement.list()[0]?.publishing, true);
  const other = key('v/live/other');
  const publisher = await world.placement.acquire(other, 'publish');
  const [elsewhere] = world.fleet.filter(({ id }) => id !== publisher?.owner.id);
  assert.equal(await world.placement.published(other, elsewhere!), false);
});

test('players who wait in another child are told that the stream has moved', async () => {
  const moved: string[] = [];
  const world = new World(3, { onMoved: (stream, from) => moved.push(`${stream} ${from.id}`) });
  const player = await world.placement.acquire(S, 'play');
  const [elsewhere] = world.fleet.filter(({ id }) => id !== player?.owner.id);
  assert.equal(await world.placement.published(S, elsewhere!), true);
  assert.deepEqual(moved, [`${S} ${player?.owner.id}`]);
  player?.release();
  await settled();
  assert.deepEqual((await world.placement.acquire(S, 'play'))?.owner.id, elsewhere?.id);
});

test('its child’s death ends it; a late word of that life changes nothing', async () => {
  const world = new World(2);
  const first = child(world, 0);
  await world.placement.published(S, first);
  await world.crash(0);
  assert.deepEqual(await world.claimed(), []);
  assert.equal(await world.placement.published(S, child(world, 1)), true);
  world.placement.unpublished(S, first);
  assert.equal(world.placement.list()[0]?.publishing, true);
});

test('who waits for a stream is woken when its publisher is let in, at once where it is', async () => {
  const world = new World(2);
  const waiting = world.placement.whenPublished(S, NEVER);
  const publisher = await world.placement.acquire(S, 'publish');
  assert.equal(await world.placement.whenPublished(S, AbortSignal.abort()), false);
  await world.placement.published(S, publisher!.owner);
  assert.equal(await world.placement.whenPublished(S, AbortSignal.abort()), false, 'not yet');
  world.placement.announce(S, publisher!.owner);
  assert.equal(await waiting, true);
  assert.equal(await world.placement.whenPublished(S, NEVER), true);
});

test('a publisher that is refused after all wakes nobody', async () => {
  const world = new World(2);
  const leaving = new AbortController();
  const waiting = world.placement.whenPublished(S, leaving.signal);
  const owner = child(world, 0);
  await world.placement.published(S, owner);
  world.placement.unpublished(S, owner);
  world.placement.announce(S, owner);
  leaving.abort();
  assert.equal(await waiting, false);
});

test('who leaves waits no longer', async () => {
  const world = new World(2);
  const leaving = new AbortController();
  const waiting = world.placement.whenPublished(S, leaving.signal);
  leaving.abort();
  assert.equal(await waiting, false);
  assert.equal(await world.placement.whenPublished(S, leaving.signal), false);
});

test('find places nothing', async () => {
  const world = new World(2);
  assert.equal(await world.placement.find(S, 'play'), null);
  const hold = await world.placement.acquire(S, 'publish');
  assert.deepEqual((await world.placement.find(S, 'play'))?.owner, hold?.owner);
});

test('a publisher that stops and stays connected publishes no more', async () => {
  const world = new World(2);
  const first = await world.placement.acquire(S, 'publish');
  assert.equal(world.placement.list()[0]?.publishing, true, 'it is about to');
  await world.placement.published(S, first!.owner);
  world.placement.unpublished(S, first!.owner);
  assert.equal(world.placement.list()[0]?.publishing, false);
  const second = await world.placement.acquire(S, 'publish');
  assert.equal(world.placement.list()[0]?.publishing, true);
  first?.release();
  assert.equal(world.placement.list()[0]?.publishing, true);
  second?.release();
  assert.equal(world.placement.list()[0]?.publishing, false);
});

test('a player may come as soon as its publisher is on the way, and not for a player', async () => {
  const world = new World(2);
  const { placement } = world;
  let hasCome = false;
  const waiting = placement.whenPublishing(S, NEVER).then((come) => {
    hasCome = come;
  });
  const player = await placement.acquire(S, 'play');
  await settled();
  assert.equal(hasCome, false);
  const publisher = await placement.acquire(S, 'publish');
  await waiting;
  assert.equal(hasCome, true);
  assert.equal(await placement.whenPublishing(S, AbortSignal.abort()), true);
  // HTTP players wait until it has been let in.
  assert.equal(await placement.whenPublished(S, AbortSignal.abort()), false);
  publisher?.release();
  player?.release();
  await settled();
  assert.equal(await placement.whenPublishing(S, AbortSignal.abort()), false);
});

test('a player may come where a child says that the stream is there', async () => {
  const world = new World(2);
  const { placement } = world;
  const waiting = placement.whenPublishing(S, NEVER);
  await placement.published(S, child(world, 1));
  placement.announce(S, child(world, 1));
  assert.equal(await waiting, true);
  await placement.childDown(child(world, 1));
  assert.equal(await placement.whenPublishing(S, AbortSignal.abort()), false);
});
