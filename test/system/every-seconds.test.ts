import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { everySeconds } from '../../src/system/every-seconds.js';

/** Runs with a clock that the test moves on. */
function clock(t: TestContext): (seconds: number) => void {
  t.mock.timers.enable({ apis: ['setInterval'] });
  return (seconds) => t.mock.timers.tick(1000 * seconds);
}

test('each work is done in its own seconds, until it is called off', (t) => {
  const pass = clock(t);
  const done: string[] = [];
  const stops = [
    everySeconds(1, () => done.push('a')),
    everySeconds(2, () => done.push('b')),
    everySeconds(1, () => done.push('c')),
  ];
  pass(1);
  pass(1);
  const [a, b] = [done.filter((name) => name === 'a'), done.filter((name) => name === 'b')];
  assert.deepEqual([a.length, b.length], [2, 1]);
  stops[0]?.();
  done.length = 0;
  pass(2);
  assert.deepEqual(done.sort(), ['b', 'c', 'c']);
  for (const stop of stops) stop();
  done.length = 0;
  pass(4);
  assert.deepEqual(done, []);
});

test('work that throws does not keep others from theirs', (t) => {
  const pass = clock(t);
  const reported: unknown[] = [];
  t.mock.method(process, 'nextTick', (report: () => void) => {
    assert.throws(report, /no disk/);
    reported.push(report);
  });
  let others = 0;
  const stops = [
    everySeconds(1, () => {
      throw new Error('no disk');
    }),
    everySeconds(1, () => {
      others += 1;
    }),
  ];
  pass(3);
  for (const stop of stops) stop();
  assert.deepEqual([reported.length, others], [3, 3]);
});
