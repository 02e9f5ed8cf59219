import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatCpuList } from '../../src/cpu/cpuset.js';
import { type ChildPlan, type PlanOptions, planCpus } from '../../src/cpu/plan.js';
import { renderPlan } from '../../src/cpu/render.js';
import { cutTo } from '../../src/cpu/topology.js';
import type { Topology } from '../../src/cpu/types.js';
import { DUMPS, readDump } from './dumps.js';
import { type Shape, synthetic } from './synthetic.js';

const AUTO: PlanOptions = { count: 'auto', reserve: 'auto', smt: 'one-per-core' };
const EVERY_THREAD: PlanOptions = { ...AUTO, smt: 'every-thread' };
const NO_DUMPS = { skip: !existsSync(DUMPS) && 'the topology collection is not here' };

const shapes: fc.Arbitrary<Required<Shape>> = fc.record({
  nodes: fc.integer({ min: 1, max: 6 }),
  l3PerNode: fc.integer({ min: 1, max: 4 }),
  coresPerL3: fc.integer({ min: 1, max: 6 }),
  threads: fc.integer({ min: 1, max: 4 }),
});
const options: fc.Arbitrary<PlanOptions> = fc.record({
  count: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 600 })),
  reserve: fc.constant('auto' as const),
  smt: fc.constantFrom('one-per-core' as const, 'every-thread' as const),
});

const cpusOf = (children: readonly ChildPlan[]) => children.flatMap(({ cpus }) => cpus);
const countBy = <T>(items: readonly T[], key: (item: T) => unknown) => {
  const counts = new Map<unknown, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
};

test('a child has a CPU of its own while there are enough, never a reserved one', () => {
  fc.assert(
    fc.property(shapes, options, (shape, given) => {
      const topology = synthetic(shape);
      const plan = planCpus(topology, given);
      const uses = countBy(cpusOf(plan.children), (cpu) => cpu);
      for (const { cpus, shared } of plan.children) {
        assert.equal(cpus.length, 1);
        assert.ok(topology.allowed.includes(cpus[0] ?? -1));
        assert.ok(!plan.reserved.includes(cpus[0] ?? -1));
        assert.equal(shared, uses.get(cpus[0]) !== 1);
      }
      assert.equal(plan.warnings.length, plan.children.some(({ shared }) => shared) ? 1 : 0);
      assert.ok(Math.max(...uses.values()) - Math.min(...uses.values()) <= 1);
    }),
  );
});

test('ids count from c001 and never repeat', () => {
  const { children } = planCpus(synthetic({ nodes: 1 }), { ...AUTO, count: 1001 });
  assert.deepEqual(
    [0, 1, 999, 1000].map((i) => children[i]?.id),
    ['c001', 'c002', 'c1000', 'c1001'],
  );
  assert.equal(new Set(children.map(({ id }) => id)).size, 1001);
});

test('every beginning of the list is even over the nodes, and over the caches of a node', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const { children } = planCpus(synthetic(shape), { ...AUTO, reserve: 0 });
      const room = Math.min(children.length, shape.nodes * shape.l3PerNode * shape.coresPerL3);
      for (let length = 1; length <= room; length++) {
        const head = children.slice(0, length);
        assertEven(
          countBy(head, ({ node }) => node),
          shape.nodes,
        );
        for (const node of new Set(head.map((child) => child.node))) {
          const inNode = head.filter((child) => child.node === node);
          assertEven(
            countBy(inNode, ({ l3 }) => l3),
            shape.l3PerNode,
          );
        }
      }
    }),
  );
});

function assertEven(counts: Map<unknown, number>, groups: number): void {
  const least = counts.size < groups ? 0 : Math.min(...counts.values());
  assert.ok(Math.max(...counts.values()) - least <= 1, JSON.stringify([...counts]));
}

test('uneven nodes: each is filled as long as it has room', () => {
  fc.assert(
    fc.property(fc.subarray([...Array(48).keys()], { minLength: 1 }), (allowed) => {
      const topology = restricted(synthetic({ nodes: 4, coresPerL3: 12 }), allowed);
      const { children } = planCpus(topology, { ...AUTO, reserve: 0 });
      const room = new Map(topology.usable.numa.map(({ id, pus }) => [id, pus.length]));
      const counts = new Map([...room.keys()].map((id) => [id, 0]));
      for (const { node } of children.slice(0, allowed.length)) {
        const open = [...counts].filter(([id, count]) => count < (room.get(id) ?? 0));
        const least = Math.min(...open.map(([, count]) => count));
        assert.equal(counts.get(node ?? -1), least);
        counts.set(node ?? -1, least + 1);
      }
    }),
  );
});

test('more children move nobody', () => {
  fc.assert(
    fc.property(shapes, options, (shape, given) => {
      const few = planCpus(synthetic(shape), { ...given, count: 5 }).children;
      const many = planCpus(synthetic(shape), { ...given, count: 50 }).children;
      assert.deepEqual(cpusOf(many).slice(0, 5), cpusOf(few));
    }),
  );
});

test('first threads of all cores come before any second thread', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const topology = synthetic(shape);
      const { children } = planCpus(topology, EVERY_THREAD);
      const ranks = cpusOf(children).map((cpu) =>
        topology.cores.find((core) => core.includes(cpu))?.indexOf(cpu),
      );
      assert.deepEqual(ranks, [...ranks].sort());
    }),
  );
});

test('small machines keep nothing back, and one core still has two children', () => {
  const one = planCpus(synthetic({ nodes: 1 }), AUTO);
  assert.deepEqual(one.reserved, []);
  assert.deepEqual(cpusOf(one.children), [0, 0]);
  assert.match(one.warnings[0] ?? '', /2 children on 1 free CPU/);
  const three = planCpus(synthetic({ nodes: 1, coresPerL3: 3 }), AUTO);
  assert.deepEqual(three.reserved, []);
  assert.deepEqual(cpusOf(three.children), [0, 1, 2]);
  const four = planCpus(synthetic({ nodes: 1, coresPerL3: 4 }), AUTO);
  assert.deepEqual(four.reserved, [0]);
  assert.deepEqual(cpusOf(four.children), [1, 2, 3]);
});

test('only the children that share say so', () => {
  const plan = planCpus(synthetic({ nodes: 1, coresPerL3: 4 }), { ...AUTO, reserve: 0, count: 5 });
  assert.deepEqual(
    plan.children.map(({ shared }) => shared),
    [true, false, false, false, true],
  );
});

test('a reserved core keeps all its threads', () => {
  const topology = synthetic({ nodes: 2, coresPerL3: 4, threads: 2 });
  const plan = planCpus(topology, { ...EVERY_THREAD, reserve: 2 });
  assert.deepEqual(plan.reserved, [0, 4, 8, 12]);
  assert.equal(plan.children.length, 12);
});

test('isolated CPUs are for children first and never reserved', () => {
  const topology = { ...synthetic({ nodes: 1, coresPerL3: 8 }), isolated: [0, 1, 6, 7] };
  const plan = planCpus(topology, AUTO);
  assert.deepEqual(plan.reserved, [2]);
  assert.deepEqual(cpusOf(plan.children), [0, 1, 6, 7, 3, 4, 5]);
  const all = planCpus({ ...topology, isolated: topology.online }, AUTO);
  assert.deepEqual(all.reserved, []);
  assert.throws(
    () => planCpus(topology, { ...AUTO, reserve: 5 }),
    /cpu\.reserve: .*4 of them isolated/,
  );
});

test('numbers that the machine cannot give name their key', () => {
  const topology = synthetic({ nodes: 1, coresPerL3: 4 });
  for (const reserve of [4, 9, -1, 1.5])
    assert.throws(() => planCpus(topology, { ...AUTO, reserve }), {
      code: 'ERR_CONFIG',
      message: new RegExp(`^cpu\\.reserve: .*0 to 3 .*got ${reserve}$`),
    });
  assert.deepEqual(planCpus(topology, { ...AUTO, count: 0 }).children, []);
  for (const count of [-1, 1.5])
    assert.throws(
      () => planCpus(topology, { ...AUTO, count }),
      /^SupervisorError: children\.count/,
    );
  assert.throws(() => planCpus(restricted(topology, []), AUTO), { code: 'ERR_CONFIG' });
});

test('128 ARM cores: 8 reserved, 30 children on each of 4 nodes', NO_DUMPS, () => {
  const plan = planCpus(readDump('128arm-2pa2n8cluster4co'), AUTO);
  assert.equal(formatCpuList(plan.reserved), '0-1,32-33,64-65,96-97');
  assert.equal(plan.children.length, 120);
  assert.deepEqual([...countBy(plan.children, ({ node }) => node).values()], [30, 30, 30, 30]);
  assert.deepEqual(cpusOf(plan.children).slice(0, 5), [2, 66, 34, 98, 3]);
});

test('Intel hybrid: the slow kind is reserved, fast cores come first', NO_DUMPS, () => {
  const plan = planCpus(readDump('20em64t-hybrid-1p6c2t+2ca4co1t'), AUTO);
  assert.deepEqual(plan.reserved, [12]);
  assert.deepEqual(cpusOf(plan.children), [0, 2, 4, 6, 8, 10, 13, 14, 15, 16, 17, 18, 19]);
  assert.deepEqual(plan.children.map(({ kind }) => kind).join(''), 'PPPPPPEEEEEEE');
});

test('every thread of an Intel hybrid: second threads last', NO_DUMPS, () => {
  const plan = planCpus(readDump('20em64t-hybrid-1p6c2t+2ca4co1t'), EVERY_THREAD);
  assert.deepEqual(cpusOf(plan.children).slice(-6), [1, 3, 5, 7, 9, 11]);
});

test('ARM big.LITTLE: caches that mix kinds are filled evenly', NO_DUMPS, () => {
  const { children } = planCpus(readDump('nvidia-dgx-gb10'), AUTO);
  assert.deepEqual(cpusOf(children).slice(0, 4), [5, 15, 6, 16]);
});

test('a cgroup of 6 CPUs is all there is', NO_DUMPS, () => {
  const plan = planCpus(readDump('32amd64-4s2n4c-cgroup2'), AUTO);
  assert.deepEqual(plan.reserved, [0]);
  assert.deepEqual(cpusOf(plan.children), [1, 4, 2, 5, 3]);
});

test('caches wider than a node: both spread', NO_DUMPS, () => {
  const { children } = planCpus(readDump('memorysidecaches'), { ...AUTO, reserve: 0 });
  assert.deepEqual(cpusOf(children).slice(0, 4), [0, 1, 2, 3]);
  assert.equal(children.length, 40);
});

test('a quota of time bounds the children that nobody counted, and is said of those that somebody did', () => {
  const topology = { ...synthetic({ nodes: 1, coresPerL3: 16 }), quota: 2.5 };
  const auto = planCpus(topology, AUTO);
  assert.deepEqual([auto.children.length, auto.reserved, auto.warnings], [2, [], []]);
  assert.equal(planCpus({ ...topology, quota: 8 }, AUTO).children.length, 7);
  assert.equal(planCpus({ ...topology, quota: 64 }, AUTO).children.length, 15);
  assert.equal(planCpus({ ...topology, quota: 0.5 }, AUTO).children.length, 2);
  const counted = planCpus(topology, { ...AUTO, count: 4 });
  assert.equal(counted.children.length, 4);
  assert.deepEqual(counted.warnings, [
    '4 children on 2.5 CPUs of time (cgroup quota) wait for one another; set children.count to 2 or less',
  ]);
  assert.match(renderPlan(counted, topology), /^Quota {5}2\.5 CPUs of time, by the cgroup$/m);
});

function restricted(topology: Topology, allowed: number[]): Topology {
  return { ...topology, allowed, usable: cutTo(topology, allowed) };
}
