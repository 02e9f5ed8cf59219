import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, orOff, size, timeOfDay } from '../../src/config/quantities.js';

test('sizes', () => {
  const table: [unknown, number | undefined][] = [
    ['800MB', 800e6],
    ['2 GB', 2e9],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['1gib', 2 ** 30],
    ['1MB', 1e6],
    ['0.9MB', undefined],
    ['800', undefined],
    [800_000_000, undefined],
    ['-1GB', undefined],
    ['1TB', undefined],
    ['9999999999GB', undefined],
    [null, undefined],
    [['1GB', '2GB'], undefined],
  ];
  for (const [raw, bytes] of table) assert.equal(size.read(raw), bytes, String(raw));
});

test('durations', () => {
  const table: [unknown, number | undefined][] = [
    ['10m', 600],
    ['9m', undefined],
    ['12h', 43_200],
    ['7 d', 604_800],
    ['366d', 366 * 86_400],
    ['367d', undefined],
    ['12', undefined],
    [3600, undefined],
  ];
  for (const [raw, seconds] of table) assert.equal(age.read(raw), seconds, String(raw));
});

test('times of day', () => {
  const table: [unknown, number | undefined][] = [
    ['04:30', 270],
    ['4:30', 270],
    ['00:00', 0],
    ['23:59', 1439],
    ['24:00', undefined],
    ['04:60', undefined],
    ['4', undefined],
    [270, undefined],
  ];
  for (const [raw, minutes] of table) assert.equal(timeOfDay.read(raw), minutes, String(raw));
});

test('off is null, however it is written', () => {
  assert.deepEqual([orOff(size).read('off'), orOff(size).read(false)], [null, null]);
  assert.equal(orOff(size).read('1GB'), 1e9);
  assert.equal(orOff(size).read('on'), undefined);
});
