import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GivenUp, type OutKind } from '../../src/child/given-up.js';

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

test('the share follows the number of children', () => {
  let children = 4;
  const out = new GivenUp(() => children, 25);
  assert.deepEqual([out.add('a'), out.add('b')], [true, false]);
  children = 8;
  assert.ok(out.add('b'));
});

test('a weak reason never keeps a child from being out for a stronger one', () => {
  const table: [OutKind, OutKind, boolean][] = [
    ['hung', 'hung', false],
    ['hung', 'crashing', false],
    ['hung', 'ejected', false],
    ['crashing', 'hung', true],
    ['crashing', 'crashing', false],
    ['crashing', 'ejected', false],
    ['ejected', 'hung', true],
    ['ejected', 'crashing', true],
    ['ejected', 'ejected', false],
  ];
  for (const [first, second, isTaken] of table) {
    const out = new GivenUp(() => 4, 25);
    assert.ok(out.add('a', first));
    assert.equal(out.add('b', second), isTaken, `${second} after ${first}`);
    assert.equal(out.isOverfull, isTaken);
  }
});

test('a child is out for its strongest reason', () => {
  const out = new GivenUp(() => 4, 25);
  assert.ok(out.add('a', 'ejected'));
  assert.ok(out.add('a', 'hung'));
  out.delete('a', 'ejected');
  assert.ok(!out.add('b', 'hung'));
  assert.ok(out.add('a', 'ejected'));
  assert.ok(!out.add('b', 'hung'));
  out.delete('a');
  assert.ok(out.add('b', 'hung'));
});
