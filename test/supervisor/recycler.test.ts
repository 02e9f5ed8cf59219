import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Due, RecycleLimits } from '../../src/child/recycle.js';
import type { ChildStatus } from '../../src/child/types.js';
import { SupervisorError } from '../../src/errors.js';
import { silentLogger } from '../../src/logging/logger.js';
import { Recycler, recycleBy } from '../../src/supervisor/recycler.js';
import { CHILDREN } from '../admin/fixtures.js';

const LIMIT = 100e6;

/** Two children that the test moves, with a clock that the test moves. */
class World {
  now = 0;
  lateMs = 0;
  isBusy = false;
  readonly rss = [LIMIT, LIMIT];
  readonly generations = [1, 1];
  readonly dues: Due[] = [];
  readonly recycler: Recycler;

  constructor(limits: Partial<RecycleLimits>) {
    this.recycler = new Recycler({
      limits: () => ({ memory: null, age: null, at: null, ...limits }),
      loop: { lateSince: () => this.lateMs },
      statuses: () => [this.status(0), this.status(1)],
      clientsOf: () => 0,
      recycle: (due) => {
        if (!this.isBusy) this.dues.push(due);
        return !this.isBusy;
      },
      clock: () => this.now,
      date: () => new Date(this.now),
    });
  }

  status(index: number): ChildStatus {
    const [row] = CHILDREN;
    assert.ok(row);
    const [rss = 0, generation = 0] = [this.rss[index], this.generations[index]];
    return { ...row, id: `c00${index + 1}`, generation, rss };
  }

  look(times: number, stepMs = 2000): string[] {
    this.dues.length = 0;
    for (let i = 0; i < times; i++) {
      this.now += stepMs;
      this.recycler.look();
    }
    return this.dues.map(({ id }) => id);
  }
}

test('memory has to be above its limit at five looks in a row', () => {
  const world = new World({ memory: LIMIT });
  world.rss[1] = LIMIT + 1;
  assert.deepEqual(world.look(4), []);
  world.rss[1] = LIMIT;
  assert.deepEqual(world.look(1), []);
  world.rss[1] = LIMIT + 1;
  assert.deepEqual(world.look(4), []);
  assert.deepEqual(world.look(1), ['c002']);
});

test('a limit that a reload sets counts from then on', () => {
  const limits = { memory: null as number | null };
  const world = new World(limits);
  world.rss[1] = LIMIT + 1;
  assert.deepEqual(world.look(9), []);
  limits.memory = LIMIT;
  assert.deepEqual(world.look(4), []);
  assert.deepEqual(world.look(1), ['c002']);
});

test('a look that comes late does not count', () => {
  const world = new World({ memory: LIMIT });
  world.rss[1] = LIMIT + 1;
  world.lateMs = 500;
  assert.deepEqual(world.look(50), []);
  world.lateMs = 0;
  assert.deepEqual(world.look(5), ['c002']);
});

test('a fresh process above the limit is left for ten minutes', () => {
  const world = new World({ memory: LIMIT });
  world.rss[0] = LIMIT + 1;
  assert.deepEqual(world.look(5), ['c001']);
  world.generations[0] = 2;
  assert.deepEqual(world.look(299), []);
  assert.deepEqual(world.look(1), ['c001']);
});

test('it waits while other work on children goes on', () => {
  const world = new World({ memory: LIMIT });
  world.rss[0] = LIMIT + 1;
  world.isBusy = true;
  assert.deepEqual(world.look(9), []);
  world.isBusy = false;
  assert.deepEqual(world.look(1), ['c001']);
});

test('the age is that of the process', () => {
  const world = new World({ age: 3600 });
  world.look(1, 0);
  assert.deepEqual(world.look(1, 3_599_000), []);
  world.generations[0] = 2;
  assert.deepEqual(world.look(1, 1000), ['c002']);
});

test('a job does it, unless another one is at work', () => {
  const orders: object[] = [];
  let error: Error | null = null;
  const restart = (order: object) => {
    if (error !== null) throw error;
    orders.push(order);
    return undefined as never;
  };
  const config = { children: { recycle: { drainSeconds: 60 } } };
  const recycle = recycleBy({ restart }, () => config as never, silentLogger);
  const due = { id: 'c002', why: 'it is old' };
  assert.equal(recycle(due), true);
  const reason = 'it is recycled: it is old';
  assert.deepEqual(orders, [{ ids: ['c002'], drainMs: 60_000, what: 'recycle c002', reason }]);
  error = new SupervisorError('ERR_BUSY', 'another job is at work');
  assert.equal(recycle(due), false);
  error = new Error('unforeseen');
  assert.throws(() => recycle(due), /unforeseen/);
});
