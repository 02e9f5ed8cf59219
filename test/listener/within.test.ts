import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atMost, within } from '../../src/listener/within.js';

const never = new Promise<never>(() => {});

test('work that settles in time is not called late', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let late = 0;
  const count = () => void late++;
  assert.equal(await within(10, count, Promise.resolve('done')), 'done');
  await assert.rejects(within(10, count, Promise.reject(new Error('no'))), /^Error: no$/);
  t.mock.timers.tick(1000);
  assert.equal(late, 0);
});

test('work that does not settle is called late once, and goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let late = 0;
  let finish = (_text: string) => {};
  const work = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const result = within(10, () => void late++, work);
  t.mock.timers.tick(9);
  assert.equal(late, 0);
  t.mock.timers.tick(1000);
  assert.equal(late, 1);
  finish('done');
  assert.equal(await result, 'done');
});

test('work is waited for until a time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await atMost(10, Promise.resolve());
  let isOver = false;
  const waiting = atMost(10, never).then(() => {
    isOver = true;
  });
  assert.equal(isOver, false);
  t.mock.timers.tick(10);
  await waiting;
  assert.ok(isOver);
});
