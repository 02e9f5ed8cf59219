import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, formatPercent } from '../../src/cli/format.js';

test('bytes', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1_540, '1.5 kB'],
    [9_949, '9.9 kB'],
    [9_960, '10 kB'],
    [23_400_000, '23 MB'],
    [999_700, '1 MB'],
    [3e9, '3 GB'],
    [5e18, '5000 PB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test('percent', () => {
  assert.deepEqual([0, 0.44, 12.34, 135.6].map(formatPercent), ['0%', '0.4%', '12%', '136%']);
});

test('durations', () => {
  const cases: [number, string][] = [
    [-1, '0s'],
    [0.9, '0s'],
    [59, '59s'],
    [60, '1m'],
    [185, '3m 5s'],
    [3600, '1h'],
    [93_784, '1d 2h'],
    [86_400, '1d'],
  ];
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text);
});
