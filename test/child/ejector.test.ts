import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EJECT_SECONDS, Ejector, LOOK_SECONDS } from '../../src/child/ejector.js';
import { GivenUp } from '../../src/child/given-up.js';
import type { ChildState, ChildStatus } from '../../src/child/types.js';
import { CHILDREN } from '../admin/fixtures.js';
import { recordLog } from '../helpers/log-lines.js';

/** A fleet of four children that the test moves, with a clock that the test moves. */
class World {
  now = 0;
  lateMs = 0;
  readonly refusing = new Set<string>();
  readonly slow = new Set<string>();
  readonly stalling = new Set<string>();
  readonly moving = new Set<string>();
  readonly states = new Map<string, ChildState>();
  readonly generations = new Map<string, number>();
  readonly givenUp = new GivenUp(() => this.ids.length, 25);
  readonly ids = ['c001', 'c002', 'c003', 'c004'];
  readonly log = recordLog();
  dials = 0;
  ownFaults = false;
  ejectSeconds = EJECT_SECONDS;
  readonly ejector = new Ejector({
    statuses: () => this.ids.map((id) => this.status(id)),
    givenUp: this.givenUp,
    loop: { lateSince: () => this.lateMs },
    sends: (id) => !this.stalling.has(id),
    moves: (id) => this.moving.has(id),
    stalls: (id) => this.stalling.has(id),
    answersRtmp: async ({ id }) => {
      this.dials += 1;
      return this.ownFaults ? null : !this.refusing.has(id);
    },
    firstMs: () => 1000 * this.ejectSeconds,
    logger: this.log.logger,
    now: () => 1_000_000 + this.now,
    clock: () => this.now,
  });

  status(id: string): ChildStatus {
    const [row] = CHILDREN;
    assert.ok(row);
    const generation = this.generations.get(id) ?? 1;
    return { ...row, id, generation, state: this.states.get(id) ?? 'ready' };
  }

  /** Passes some looks, between which each child answers one probe. */
  async pass(looks: number): Promise<void> {
    for (let look = 0; look < looks; look++) {
      this.now += 1000 * LOOK_SECONDS;
      for (const id of this.ids)
        this.ejector.answered(this.status(id), this.slow.has(id) ? 900 : 4);
      await this.ejector.look();
    }
  }

  out(): string[] {
    return this.ids.filter((id) => this.ejector.of(this.status(id)) !== null);
  }
}

test('a slow child is out for a while, longer each time, and back when it is well', async () => {
  const world = new World();
  await world.pass(5);
  world.slow.add('c002');
  await world.pass(16);
  assert.deepEqual(world.out(), []);
  await world.pass(1);
  assert.deepEqual(world.out(), ['c002']);
  const ejection = world.ejector.of(world.status('c002'));
  assert.match(ejection?.why ?? '', /its answers take 900 ms/);
  assert.equal(ejection?.since, 1_000_000 + world.now);
  await world.pass(15);
  assert.equal(world.ejector.of(world.status('c002'))?.since, ejection?.since);
  world.slow.clear();
  await world.pass(29);
  assert.deepEqual(world.out(), ['c002'], 'the second time is longer');
  await world.pass(1);
  assert.deepEqual(world.out(), []);
  assert.ok(world.givenUp.add('c001', 'ejected'));
});

test('a client that could not connect has us try, and our own attempts decide', async () => {
  const world = new World();
  await world.pass(3);
  assert.equal(world.dials, 0);
  world.ejector.suspect({ id: 'c003', generation: 1 });
  await world.pass(3);
  assert.equal(world.dials, 1);
  assert.deepEqual(world.out(), []);

  world.refusing.add('c003');
  world.ejector.suspect({ id: 'c003', generation: 1 });
  world.ownFaults = true;
  await world.pass(9);
  assert.deepEqual(world.out(), [], 'nothing that failed on our side counts');
  world.ownFaults = false;
  await world.pass(2);
  assert.deepEqual(world.out(), []);
  await world.pass(1);
  assert.deepEqual(world.out(), ['c003']);
  world.refusing.clear();
  await world.pass(16);
  assert.deepEqual(world.out(), []);
});

test('looks that come late tell nothing', async () => {
  const world = new World();
  await world.pass(5);
  world.slow.add('c002');
  world.stalling.add('c002');
  world.lateMs = 200;
  await world.pass(50);
  assert.deepEqual(world.out(), []);
  world.lateMs = 0;
  await world.pass(1);
  assert.deepEqual(world.out(), []);
  await world.pass(1);
  assert.deepEqual(world.out(), ['c002']);
});

test('no more are out than may be, and stronger reasons come first', async () => {
  const world = new World();
  await world.pass(5);
  for (const id of ['c001', 'c002']) world.refusing.add(id);
  for (const id of ['c001', 'c002']) world.ejector.suspect({ id, generation: 1 });
  await world.pass(5);
  assert.deepEqual(world.out(), ['c001']);
  const told = world.log.lines.filter(({ msg }) => /too many are out/.test(String(msg)));
  assert.equal(told.length, 1);
  assert.ok(world.givenUp.add('c004', 'hung'));
  await world.pass(1);
  assert.deepEqual(world.out(), []);
  await world.pass(5);
  assert.deepEqual(world.out(), []);
});

test('a fresh process is not ejected, nor one that an operator pardons', async () => {
  const world = new World();
  world.refusing.add('c001');
  world.ejector.suspect({ id: 'c001', generation: 1 });
  await world.pass(3);
  assert.deepEqual(world.out(), ['c001']);
  world.generations.set('c001', 2);
  assert.deepEqual(world.out(), []);
  await world.pass(1);
  world.ejector.suspect({ id: 'c001', generation: 1 });
  await world.pass(3);
  assert.deepEqual(world.out(), ['c001']);
  world.ejector.pardon('c001');
  assert.deepEqual(world.out(), []);
  assert.ok(world.givenUp.add('c002', 'ejected'));
});

test('an ejected child whose port stays closed is sick, sooner if it serves nobody', async () => {
  for (const [isMoving, first, seconds] of [
    [false, 30, 60],
    [true, 30, 600],
    [false, 5, 10],
    [true, 5, 100],
  ] as const) {
    const world = new World();
    world.ejectSeconds = first;
    const sickness = () => world.ejector.sicknessOf(world.status('c001'));
    if (isMoving) world.moving.add('c001');
    world.refusing.add('c001');
    await world.pass(5);
    assert.equal(sickness(), null, 'nobody has tried its port');
    world.ejector.suspect({ id: 'c001', generation: 1 });
    await world.pass(seconds / 2);
    assert.deepEqual([world.out(), sickness()], [['c001'], null]);
    await world.pass(1);
    assert.equal(sickness(), `its RTMP port has taken no connections for ${seconds} s`);
    world.generations.set('c001', 2);
    assert.equal(sickness(), null);
  }
});

test('a port that answers again is no sickness, nor is one that others would be hurt for', async () => {
  const world = new World();
  const sick = () => world.ids.filter((id) => world.ejector.sicknessOf(world.status(id)));
  for (const id of ['c001', 'c002']) {
    world.refusing.add(id);
    world.ejector.suspect({ id, generation: 1 });
  }
  await world.pass(25);
  world.refusing.delete('c001');
  await world.pass(1);
  world.refusing.add('c001');
  world.ejector.suspect({ id: 'c001', generation: 1 });
  await world.pass(25);
  assert.deepEqual(sick(), []);
  // The other one was one too many to be ejected.
  assert.deepEqual(world.out(), ['c001']);
});

test('where ejecting is switched off, nobody is out, and nobody gets out', async () => {
  const world = new World();
  world.refusing.add('c001');
  world.ejector.suspect({ id: 'c001', generation: 1 });
  await world.pass(3);
  assert.deepEqual(world.out(), ['c001']);
  world.ejector.close();
  assert.deepEqual(world.out(), []);
  assert.ok(world.givenUp.add('c002', 'ejected'));
  world.givenUp.delete('c002');
  world.ejector.suspect({ id: 'c001', generation: 1 });
  await world.pass(9);
  assert.deepEqual(world.out(), []);
  world.ejector.start();
  await world.pass(3);
  world.ejector.close();
});
