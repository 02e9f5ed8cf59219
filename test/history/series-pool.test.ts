import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeriesPool } from '../../src/history/series-pool.js';

describe('series of many things', () => {
  it('have a gap where a thing was away', () => {
    const pool = new SeriesPool(10, 8);
    const ticks = [['x'], ['x', 'y'], [], ['x'], ['y']];
    for (const [i, names] of ticks.entries()) {
      pool.next();
      for (const name of names) pool.note(name, i, 10 * i);
    }
    assert.deepEqual(pool.of('x'), { a: [0, 1, null, 3, null], b: [0, 10, null, 30, null] });
    assert.deepEqual(pool.of('y'), { a: [1, null, null, 4], b: [10, null, null, 40] });
    assert.deepEqual(pool.of('x', 2), { a: [3, null], b: [30, null] });
    assert.equal(pool.of('z'), null);
  });

  it('keep the last ticks, and forget what ended before', () => {
    const pool = new SeriesPool(10, 4);
    for (let i = 1; i <= 9; i += 1) {
      pool.next();
      pool.note('stays', i, i);
      if (i === 5) pool.note('ends', i, i);
    }
    assert.deepEqual(pool.of('stays')?.a, [6, 7, 8, 9]);
    assert.equal(pool.of('ends'), null);
    assert.equal(pool.size, 1);
  });

  it('go on as before in a tick in which nobody looks', () => {
    const pool = new SeriesPool(10, 4);
    pool.next();
    pool.note('x', 5, 6);
    pool.repeat();
    assert.deepEqual(pool.of('x'), { a: [5, 5], b: [6, 6] });
  });

  it('give the place of what ended first to a new thing, and no other', () => {
    const pool = new SeriesPool(2, 9);
    pool.next();
    pool.note('old', 1, 1);
    pool.note('stays', 1, 1);
    pool.next();
    pool.note('stays', 2, 2);
    pool.next();
    pool.note('stays', 3, 3);
    pool.note('new', 3, 3);
    pool.note('too many', 3, 3);
    assert.equal(pool.of('old'), null);
    assert.deepEqual(pool.of('new')?.a, [3]);
    assert.equal(pool.of('too many'), null);
    assert.deepEqual(pool.of('stays')?.a, [1, 2, 3]);
  });

  it('need no memory when nothing is there, and 20 MB at most', () => {
    const pool = new SeriesPool(10_000, 180);
    pool.next();
    assert.equal(pool.bytes, 0);
    for (let i = 0; i < 20_000; i += 1) pool.note(`live/${i}`, i, i);
    assert.equal(pool.size, 10_000);
    assert.ok(pool.bytes < 15e6, `${pool.bytes}`);
    for (let i = 0; i <= 180; i += 1) pool.next();
    assert.equal(pool.size, 0);
    assert.equal(pool.bytes, 0);
  });
});
