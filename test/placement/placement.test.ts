import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SupervisorError } from '../../src/errors.js';
import type { OwnerRef } from '../../src/owner.js';
import { Placement } from '../../src/placement/placement.js';
import type { Hold } from '../../src/placement/types.js';
import { MemoryRegistry } from '../../src/registry/memory.js';
import type { StreamKey } from '../../src/stream-key.js';
import { key } from '../helpers/stream-key.js';
import { candidate, GRACE_MS, LEASE_MS, settled, World } from './helpers.js';

const S = key('v/live/s');

/** Answers late to a release, as a store on another machine may. */
class LateRegistry extends MemoryRegistry {
  override async release(stream: StreamKey, owner: OwnerRef): Promise<boolean> {
    await settled();
    return super.release(stream, owner);
  }
}

async function acquire(world: World, stream = S, role: Hold['role'] = 'play'): Promise<Hold> {
  const hold = await world.placement.acquire(stream, role);
  assert.ok(hold, `${stream} placed`);
  return hold;
}

test('publisher and player meet on one child, whoever comes first', async () => {
  const world = new World(5);
  const player = await acquire(world);
  const publisher = await acquire(world, S, 'publish');
  const late = await acquire(world);
  assert.deepEqual(publisher.owner, player.owner);
  assert.deepEqual(late.owner, player.owner);
  assert.deepEqual(world.placement.list(), [
    { stream: S, child: player.owner.id, publishing: true, clients: 3, since: 1_000_000 },
  ]);
});

test('a name that leads out of a directory is placed nowhere', async () => {
  const world = new World(2);
  const [child] = world.fleet;
  assert.ok(child);
  for (const stream of ['v/live/../../x', 'v/../x', 'v/live/..', 'v/./x', 'v/live/a\0b'].map(key)) {
    assert.equal(await world.placement.acquire(stream, 'publish'), null, stream);
    assert.equal(await world.placement.published(stream, child), false, stream);
  }
  for (const stream of ['v/live/..x', 'v/a.b/x...', 'v/live/x.y'].map(key)) {
    assert.ok(await world.placement.acquire(stream, 'publish'), stream);
  }
  assert.equal(world.placement.list().length, 3);
});

test('they meet when they ask in the same tick', async () => {
  const world = new World(5);
  const [a, b, c] = await Promise.all([
    acquire(world, S, 'play'),
    acquire(world, S, 'publish'),
    acquire(world, S, 'publish'),
  ]);
  assert.deepEqual(a.owner, b.owner);
  assert.deepEqual(a.owner, c.owner);
});

test('two supervisors on one registry meet too', async () => {
  const world = new World(5);
  const other = new Placement({ registry: world.registry, candidates: () => world.fleet });
  const holds = await Promise.all(
    [world.placement, other].map((placement) => placement.acquire(S, 'play')),
  );
  assert.deepEqual(holds[0]?.owner, holds[1]?.owner);
  await other.close();
});

test('a thousand at once on fifty streams: one owner a stream, and an even spread', async () => {
  const world = new World(10);
  const names = Array.from({ length: 1000 }, (_, i) => key(`v/live/${i % 50}`));
  const holds = await Promise.all(
    names.map((stream, i) => acquire(world, stream, i < 50 ? 'publish' : 'play')),
  );
  for (const [i, hold] of holds.entries()) assert.deepEqual(hold.owner, holds[i % 50]?.owner);
  for (const { id } of world.fleet) {
    assert.deepEqual(world.placement.counts(id), { streams: 5, clients: 100 });
  }
  for (const hold of holds) hold.release();
  await world.pass(GRACE_MS);
  assert.deepEqual(await world.claimed(), []);
  assert.deepEqual(world.placement.counts('c0'), { streams: 0, clients: 0 });
});

for (const [streams, children] of [
  [6, 3],
  [300, 100],
] as const) {
  test(`${streams} streams spread evenly on ${children} children`, async () => {
    const world = new World(children);
    for (let i = 0; i < streams; i++) await acquire(world, key(`v/live/${i}`), 'publish');
    for (const { id } of world.fleet) {
      assert.equal(world.placement.counts(id).streams, streams / children);
    }
  });
}

test('a name that was only asked for is given up at once', async () => {
  const world = new World(2);
  const [one, two] = [await acquire(world), await acquire(world)];
  one.release();
  one.release();
  assert.deepEqual(await world.claimed(), [S]);
  two.release();
  assert.deepEqual(await world.claimed(), []);
  assert.deepEqual(world.placement.list(), []);
});

test('a publisher that comes back in time finds its child', async () => {
  const world = new World(5);
  const first = await acquire(world, S, 'publish');
  first.release();
  await world.pass(GRACE_MS - 1000);
  const [status] = world.placement.list();
  assert.deepEqual([status?.publishing, status?.clients], [false, 0]);
  const second = await acquire(world, S, 'publish');
  assert.deepEqual(second.owner, first.owner);
  second.release();
  await world.pass(GRACE_MS - 1000);
  assert.deepEqual(await world.claimed(), [S]);
  await world.pass(1000);
  assert.deepEqual(await world.claimed(), []);
});

test('players keep the stream of a publisher that left', async () => {
  const world = new World(5);
  const publisher = await acquire(world, S, 'publish');
  const player = await acquire(world);
  publisher.release();
  await world.pass(GRACE_MS * 5);
  assert.deepEqual((await acquire(world, S, 'publish')).owner, player.owner);
});

test('who asks while the claim is being given up gets a claim that lasts', async () => {
  const registry = new LateRegistry();
  const placement = new Placement({ registry, candidates: () => [candidate()] });
  const first = await placement.acquire(S, 'play');
  first?.release();
  const second = await placement.acquire(S, 'play');
  await settled();
  assert.deepEqual((await registry.find(S))?.owner, second?.owner);
  await placement.close();
});

test('claims live as long as somebody holds them', async () => {
  const world = new World(3);
  const hold = await acquire(world, S, 'publish');
  await world.pass(LEASE_MS * 4);
  assert.deepEqual((await world.registry.find(S))?.owner, hold.owner);
  await world.registry.release(S, hold.owner);
  await world.pass(LEASE_MS);
  assert.deepEqual((await world.registry.find(S))?.owner, hold.owner);
});

test("a dead child's streams are placed anew at once, and its old holds count for nothing", async () => {
  const world = new World(3);
  const old = await acquire(world, S, 'publish');
  const index = world.fleet.findIndex(({ id }) => id === old.owner.id);
  world.change(index, { alive: false, open: false });
  await world.placement.childDown(old.owner);
  assert.deepEqual(await world.claimed(), []);
  const next = await acquire(world, S, 'publish');
  assert.notEqual(next.owner.id, old.owner.id);
  old.release();
  assert.deepEqual(await world.claimed(), [S]);
  assert.deepEqual(world.placement.counts(old.owner.id), { streams: 0, clients: 0 });
  assert.equal(world.placement.list()[0]?.clients, 1);
});

test('a death that the candidates do not show yet counts', async () => {
  const world = new World(1);
  const hold = await acquire(world);
  await world.placement.childDown(hold.owner);
  assert.equal(await world.placement.acquire(S, 'play'), null);
  world.change(0, { generation: 2 });
  assert.equal((await acquire(world)).owner.generation, 2);
});

test('a death that nobody told us of counts too', async () => {
  const world = new World(2);
  const hold = await acquire(world);
  const index = world.fleet.findIndex(({ id }) => id === hold.owner.id);
  world.change(index, { generation: 2, open: false });
  assert.notEqual((await acquire(world)).owner.id, hold.owner.id);
});

test("a dead generation's claim in the registry is replaced", async () => {
  const world = new World(1);
  world.change(0, { generation: 7 });
  for (const owner of [
    { id: 'c0', generation: 6 },
    { id: 'gone', generation: 1 },
  ]) {
    const stream = key(`v/live/${owner.id}`);
    await world.registry.claim(stream, owner);
    assert.deepEqual((await acquire(world, stream)).owner, { id: 'c0', generation: 7 });
  }
});

test('a draining child keeps what lives, gets nothing new and nothing back', async () => {
  const world = new World(1);
  await acquire(world, key('v/live/1'), 'publish');
  (await acquire(world, key('v/live/2'), 'publish')).release();
  world.change(0, { open: false });
  world.fleet.push(candidate({ id: 'c1' }));
  const owners = await Promise.all(
    ['v/live/1', 'v/live/2', 'v/live/3'].map((stream) => acquire(world, key(stream))),
  );
  assert.deepEqual(
    owners.map(({ owner }) => owner.id),
    ['c0', 'c1', 'c1'],
  );
});

test('no open child: null, and nothing stays behind', async () => {
  const world = new World(1);
  const live = await acquire(world, key('v/live/1'), 'publish');
  world.change(0, { open: false });
  assert.equal(await world.placement.acquire(S, 'publish'), null);
  assert.deepEqual((await acquire(world, key('v/live/1'))).owner, live.owner);
  assert.deepEqual(await world.claimed(), ['v/live/1']);
  world.change(0, { open: true });
  await acquire(world);
});

test('a registry that cannot answer rejects, and the next ask is tried afresh', async () => {
  const registry = new MemoryRegistry({ maxClaims: 1 });
  const placement = new Placement({ registry, candidates: () => [candidate()] });
  const first = await placement.acquire(key('v/a/1'), 'play');
  const refusals = await Promise.allSettled([
    placement.acquire(S, 'play'),
    placement.acquire(S, 'publish'),
  ]);
  for (const refusal of refusals) {
    assert.ok(refusal.status === 'rejected' && refusal.reason instanceof SupervisorError);
  }
  assert.deepEqual(placement.counts('c001'), { streams: 1, clients: 1 });
  first?.release();
  await settled();
  assert.ok(await placement.acquire(S, 'play'));
  await placement.close();
});

test('close gives all up, also what is being placed', async () => {
  const world = new World(2);
  await acquire(world, key('v/live/1'), 'publish');
  const late = world.placement.acquire(key('v/live/2'), 'play');
  await world.placement.close();
  await world.placement.close();
  assert.equal(await late, null);
  assert.deepEqual(await world.claimed(), []);
  assert.equal(await world.placement.acquire(S, 'play'), null);
});
