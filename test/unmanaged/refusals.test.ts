import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createLogger } from '../../src/logging/logger.js';
import { Refusals } from '../../src/unmanaged/refusals.js';

let now = 0;
let lines: string[] = [];
let refusals: Refusals;

beforeEach(() => {
  now = 1_000_000;
  lines = [];
  const write = (line: string) => {
    const { from, reason } = JSON.parse(line) as Record<string, string>;
    lines.push(`${from} ${reason}`);
  };
  refusals = new Refusals(createLogger('warn', { people: false, write }), () => now);
});

test('a reason is said once, counted and shown until the sender is taken', () => {
  for (let i = 0; i < 100; i++) {
    refusals.note('10.0.0.1', 'one');
    now += 9000;
  }
  assert.deepEqual(lines, ['10.0.0.1 one']);
  assert.deepEqual(refusals.rows(), [
    { from: '10.0.0.1', reason: 'one', times: 100, at: now - 9000 },
  ]);
  refusals.forget('10.0.0.1');
  assert.deepEqual(refusals.rows(), []);
  refusals.note('10.0.0.1', 'one');
  assert.equal(lines.length, 2);
});

test('reasons that take turns are said once each, and not in one breath', () => {
  for (let i = 0; i < 100; i++) {
    refusals.note('10.0.0.1', 'one');
    refusals.note('10.0.0.1', 'two');
    now += 9000;
  }
  assert.deepEqual(lines, ['10.0.0.1 one', '10.0.0.1 two']);
  for (let i = 0; i < 10_000; i++) {
    refusals.note('10.0.0.2', `reason ${i}`);
    now += 1;
  }
  assert.ok(lines.length <= 2 + 3);
});

test('so many senders are remembered, and those that have fallen silent are not', () => {
  for (let i = 0; i < 1000; i++) refusals.note(`10.0.${i >> 8}.${i & 255}`, 'any');
  assert.deepEqual([refusals.rows().length, refusals.rows()[0]?.from], [64, '10.0.3.168']);
  now += 600_001;
  assert.deepEqual(refusals.rows(), []);
});
