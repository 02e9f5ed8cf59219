import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Standing } from '../../src/child/standing.js';

/** A standing with a clock that the test moves. */
function begun() {
  const clock = { now: 1000 };
  const standing = new Standing(() => clock.now);
  const told = (ejection: Parameters<Standing['told']>[0] = null) => {
    const { state, since, why } = standing.told(ejection);
    return [state, since, why];
  };
  return { clock, standing, told };
}

test('each state has its time and its reason', () => {
  const { clock, standing, told } = begun();
  assert.deepEqual(told(), ['starting', 1000, null]);
  clock.now = 2000;
  standing.to('ready');
  assert.deepEqual(told(), ['ready', 2000, null]);
  clock.now = 3000;
  standing.to('draining', 'an operator drains it');
  standing.explain('it is recycled');
  assert.deepEqual(told(), ['draining', 3000, 'it is recycled']);
  assert.throws(() => standing.to('starting'), /cannot go from draining to starting/);
});

test('silence and ejection are told of a ready child, with their own times', () => {
  const { clock, standing, told } = begun();
  standing.to('ready');
  const ejection = { since: 1500, why: 'it is slow' };
  assert.deepEqual(told(ejection), ['ready', 1500, 'it is slow']);
  clock.now = 2000;
  standing.health = 'silent';
  clock.now = 2500;
  standing.health = 'busy';
  assert.deepEqual(told(ejection).slice(0, 2), ['ready', 2000]);
  assert.match(String(told()[2]), /does not answer, the process is at work/);
  const { answering, health, ejected } = standing.told(ejection);
  assert.deepEqual([answering, health, ejected], [false, 'busy', true]);
  clock.now = 3000;
  standing.health = 'ok';
  assert.deepEqual(told(), ['ready', 1000, null]);
  standing.to('failed', 'exit code 3');
  assert.deepEqual(told(ejection), ['failed', 3000, 'exit code 3']);
});

test('the last error stays over restarts, and readiness does not', () => {
  const { clock, standing } = begun();
  const facts = () => {
    const { readySince, lastError, lastErrorAt } = standing.told(null);
    return [readySince, lastError, lastErrorAt];
  };
  assert.deepEqual(facts(), [null, null, null]);
  standing.to('ready');
  clock.now = 2000;
  standing.to('draining');
  assert.deepEqual(facts(), [1000, null, null]);
  clock.now = 3000;
  standing.failed('exit code 3');
  standing.to('failed');
  assert.deepEqual(facts(), [null, 'exit code 3', 3000]);
  standing.to('starting');
  clock.now = 4000;
  standing.to('ready');
  assert.deepEqual(facts(), [4000, 'exit code 3', 3000]);
});
