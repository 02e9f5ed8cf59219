import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CoreKind, CpuGroups, Topology } from '../../src/cpu/types.js';
import { DUMPS, readDump } from './dumps.js';

interface Expected extends Omit<Topology, 'allowed' | 'usable' | 'warnings' | 'coreKinds'> {
  readonly allowed: number[] | null;
  readonly usable: CpuGroups | null;
  readonly coreKinds: CoreKind[] | null;
}

const FIELDS = [
  'online',
  'offline',
  'isolated',
  'packages',
  'numa',
  'numaWithoutCpus',
  'cores',
  'l3',
] as const;

test('reads the machines of the topology collection', {
  skip: !existsSync(DUMPS) && 'the collection is not here',
}, async (t) => {
  const all = JSON.parse(readFileSync(join(DUMPS, 'expected.json'), 'utf8'));
  for (const [name, expected] of Object.entries<Expected>(all))
    await t.test(name, () => compare(readDump(name), expected));
});

function compare(actual: Topology, expected: Expected): void {
  assert.deepEqual(actual.warnings, []);
  for (const field of FIELDS) assert.deepEqual(actual[field], expected[field], field);
  assert.deepEqual(pusOf(actual.coreKinds), pusOf(expected.coreKinds), 'coreKinds');
  for (const [i, kind] of (expected.coreKinds ?? []).entries())
    assert.equal(actual.coreKinds?.[i]?.name, kind.name.replace(/ \(.*/, ''));
  if (expected.allowed === null) return;
  assert.deepEqual(actual.allowed, expected.allowed, 'allowed');
  const { packages, numa, cores, l3 } = expected.usable ?? expected;
  assert.deepEqual(actual.usable, { packages, numa, cores, l3 }, 'usable');
}

function pusOf(kinds: readonly CoreKind[] | null) {
  return kinds === null ? null : kinds.map(({ pus }) => pus);
}
