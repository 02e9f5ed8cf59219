import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GivenUp } from '../../src/child/given-up.js';

test('a share of the children may be out at one time, and one at least', () => {
  for (const [children, percent, most] of [
    [1, 25, 1],
    [3, 25, 1],
    [8, 25, 2],
    [300, 25, 75],
    [4, 0, 1],
    [4, 100, 4],
  ] as const) {
    const out = new GivenUp(() => children, percent);
    const taken = Array.from({ length: children }, (_, i) => out.add(`c${i}`)).filter(Boolean);
    assert.equal(taken.length, most, `${percent} % of ${children}`);
  }
});

test('one that is back makes room, one that is out takes no more', () => {
  const out = new GivenUp(() => 2, 50);
  assert.ok(out.add('a'));
  assert.ok(out.add('a'));
  assert.ok(!out.add('b'));
  out.delete('b');
  assert.ok(!out.add('b'));
  out.delete('a');
  assert.ok(out.add('b'));
});
