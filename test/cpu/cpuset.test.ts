import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatCpuList,
  parseAllowedList,
  parseCpuList,
  parseCpuMask,
} from '../../src/cpu/cpuset.js';

const cpuSets = fc.uniqueArray(fc.nat(2047), { maxLength: 300 });

test('reads lists', () => {
  assert.deepEqual(parseCpuList('0-3,8\n'), [0, 1, 2, 3, 8]);
  assert.deepEqual(parseCpuList('8,0-3,2'), [0, 1, 2, 3, 8]);
  assert.deepEqual(parseCpuList(''), []);
});

test('reads masks of any width', () => {
  assert.deepEqual(parseCpuMask('ff,00000000'), [32, 33, 34, 35, 36, 37, 38, 39]);
  assert.deepEqual(parseCpuMask('0000ffff,00000001\n').slice(0, 3), [0, 32, 33]);
  const wide = `80000000,${Array(31).fill('00000000').join(',')}`;
  assert.deepEqual(parseCpuMask(wide), [1023]);
  assert.deepEqual(parseCpuMask('0'), []);
});

test('refuses what the kernel never writes', () => {
  for (const text of ['a', '1-', '-1', '3-1', '1,,2', '0-99999999', '1 2', '0x3'])
    assert.throws(() => parseCpuList(text), { code: 'ERR_CONFIG' }, text);
  for (const text of ['', 'g', 'ff,0', '123456789', ',ff', 'ff,'])
    assert.throws(() => parseCpuMask(text), { code: 'ERR_CONFIG' }, text);
});

test('writes the shortest list', () => {
  assert.equal(formatCpuList([8, 3, 2, 1, 0]), '0-3,8');
  assert.equal(formatCpuList([4, 5]), '4-5');
  assert.equal(formatCpuList([]), '');
});

test('a list survives writing and reading', () => {
  fc.assert(
    fc.property(cpuSets, (cpus) => {
      const sorted = [...cpus].sort((a, b) => a - b);
      assert.deepEqual(parseCpuList(formatCpuList(cpus)), sorted);
    }),
  );
});

test('a mask says the same as the list', () => {
  fc.assert(
    fc.property(cpuSets, (cpus) => {
      const sorted = [...cpus].sort((a, b) => a - b);
      const digits = sorted.reduce((bits, cpu) => bits | (1n << BigInt(cpu)), 0n).toString(16);
      const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, '0');
      assert.deepEqual(parseCpuMask(padded.replace(/(.{8})(?=.)/g, '$1,')), sorted);
    }),
  );
});

test('reads the CPUs of a process', () => {
  assert.deepEqual(parseAllowedList('Cpus_allowed:\t3\nCpus_allowed_list:\t0-1\n'), [0, 1]);
  assert.equal(parseAllowedList('Name:\tsh\n'), null);
});
