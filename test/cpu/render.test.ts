import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PlanOptions, planCpus } from '../../src/cpu/plan.js';
import { planJson, renderPlan } from '../../src/cpu/render.js';
import type { Topology } from '../../src/cpu/types.js';
import { DUMPS, readDump } from './dumps.js';
import { synthetic } from './synthetic.js';

const AUTO: PlanOptions = { count: 'auto', reserve: 'auto', smt: 'one-per-core' };
const NO_DUMPS = { skip: !existsSync(DUMPS) && 'the topology collection is not here' };

function rendered(topology: Topology, options: Partial<PlanOptions> = {}): string {
  return renderPlan(planCpus(topology, { ...AUTO, ...options }), topology);
}

test('a small machine: one line for each child', () => {
  assert.equal(
    rendered(synthetic({ nodes: 2, l3PerNode: 1, coresPerL3: 2 })),
    `Machine   1 package, 2 NUMA nodes, 2 L3 caches, 4 cores, 4 CPUs
Reserved  CPU 0, for the supervisor and its relay
Children  3 on 3 CPUs

child  cpus  node  l3  package
c001   1     0     0   0
c002   2     1     1   0
c003   3     1     1   0`,
  );
});

test('children that share are marked, and why is told', () => {
  assert.equal(
    rendered(synthetic({ nodes: 1 })),
    `Machine   1 package, 1 NUMA node, 1 L3 cache, 1 core, 1 CPU
Reserved  nothing: the supervisor and its relay run on any CPU
Children  2 on 1 CPU

child  cpus  node  l3  package
c001   0*    0     0   0
c002   0*    0     0   0

* shares its CPU with another child

Warning   2 children on 1 free CPU: some share one; set children.count to 1 or
          less`,
  );
});

test('many children are listed by where they are', () => {
  assert.equal(
    rendered(synthetic({ nodes: 2, l3PerNode: 2, coresPerL3: 6 }), { reserve: 2 }),
    `Machine   1 package, 2 NUMA nodes, 4 L3 caches, 24 cores, 24 CPUs
Reserved  CPUs 0,12, for the supervisor and its relay
Children  22 on 22 CPUs

node 0, L3 0: 5 on CPUs 1-5
  c001 1   c005 2   c009 3   c013 4   c017 5
node 0, L3 1: 6 on CPUs 6-11
  c003 6   c007 7   c011 8   c015 9   c019 10  c021 11
node 1, L3 2: 5 on CPUs 13-17
  c002 13  c006 14  c010 15  c014 16  c018 17
node 1, L3 3: 6 on CPUs 18-23
  c004 18  c008 19  c012 20  c016 21  c020 22  c022 23`,
  );
});

test('a hybrid machine tells its kinds', NO_DUMPS, () => {
  const text = rendered(readDump('nvidia-dgx-gb10'));
  assert.match(text, /^Kind {6}Cortex-A725: CPUs 0-4,10-14$/m);
  assert.match(text, /^node 0, L3 1, Cortex-X925: 5 on CPUs 15-19$/m);
});

test('a limited machine tells what is left of it', NO_DUMPS, () => {
  assert.match(
    rendered(readDump('32amd64-4s2n4c-cgroup2')),
    /^Allowed {3}1 package, 2 NUMA nodes, 2 L3 caches, 6 cores, 6 CPUs: 0-5$/m,
  );
});

test('caches of a single core are no places: 64 cores in 8 nodes', NO_DUMPS, () => {
  const text = rendered(readDump('256ppc-8n8s4t'), { smt: 'every-thread' });
  assert.equal(text.match(/^node \d+: /gm)?.length, 8);
  assert.ok(text.split('\n').length < 60);
});

test('no line is wider than 80 columns, whatever the machine', () => {
  const shape = fc.record({
    nodes: fc.integer({ min: 1, max: 16 }),
    l3PerNode: fc.integer({ min: 1, max: 3 }),
    coresPerL3: fc.integer({ min: 1, max: 8 }),
    threads: fc.integer({ min: 1, max: 2 }),
  });
  fc.assert(
    fc.property(shape, fc.integer({ min: 1, max: 1200 }), (given, count) => {
      const text = rendered(synthetic(given), { count });
      for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
    }),
    { numRuns: 30 },
  );
});

test('the JSON form has the counts, the reserved CPUs and every child', () => {
  const topology = synthetic({ nodes: 1, coresPerL3: 4, threads: 2 });
  const json = planJson(planCpus(topology, AUTO), topology);
  assert.deepEqual(json.counts, { packages: 1, numaNodes: 1, l3Caches: 1, cores: 4, cpus: 8 });
  assert.deepEqual(json.reserved, [0, 4]);
  assert.deepEqual(json.children[0], {
    index: 0,
    id: 'c001',
    cpus: [1],
    node: 0,
    l3: 0,
    package: 0,
    kind: null,
    shared: false,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
});
