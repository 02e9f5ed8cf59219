import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { CpuPressure, runnablePerCpu } from '../../src/system/cpu-load.js';

test('pressure is the share of waiting since the last look', () => {
  let total = 1_000_000;
  const text = () =>
    `some avg10=99.76 avg60=99.09 avg300=78.69 total=${total}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n`;
  const pressure = new CpuPressure(text);
  const first = performance.now() + 1000;
  pressure.look(first);
  total += 250_000;
  assert.equal(pressure.look(first + 500), 0.5);
  assert.equal(pressure.look(first + 1000), 0);
  total += 900_000;
  assert.equal(pressure.look(first + 1500), 1);
});

test('a system that tells no pressure has none', () => {
  for (const text of ['', 'some avg10=0.00\n', 'full avg10=0.00 total=7\n']) {
    assert.equal(new CpuPressure(() => text).look(), null);
  }
});

test('runnable threads are counted for each CPU', () => {
  const cpus = availableParallelism();
  assert.equal(runnablePerCpu(`0.52 0.58 0.59 ${4 * cpus}/613 31532\n`), 4);
  assert.ok(runnablePerCpu('') >= 0);
});
