import type { CpuSet, Topology } from '../cpu/types.js';
import type { MachineShape } from './answer.js';

/** A core, and the number of each group that it is in; -1: none. */
interface Placed {
  readonly core: CpuSet;
  readonly group: readonly [pack: number, node: number, cache: number];
}

/** Returns the machine as nested groups: packages, NUMA nodes, L3 caches, cores. */
export function shapeOf(topology: Topology, reserved: CpuSet): MachineShape {
  const { packages, numa, l3, cores } = topology;
  const find = (sets: readonly CpuSet[], cpu: number) => sets.findIndex((set) => set.includes(cpu));
  const nodes = numa.map(({ pus }) => pus);
  const placed = cores.map((core): Placed => {
    const cpu = core[0] ?? 0;
    return { core, group: [find(packages, cpu), find(nodes, cpu), find(l3 ?? [], cpu)] };
  });
  return {
    reserved,
    packages: by(placed, 0).map(([pack, inPackage]) => ({
      name: pack < 0 ? 'CPUs' : `Package ${pack}`,
      nodes: by(inPackage, 1).map(([node, inNode]) => ({
        name: node < 0 ? null : `NUMA node ${numa[node]?.id ?? node}`,
        caches: by(inNode, 2).map(([cache, inCache]) => ({
          name: cache < 0 ? null : `L3 ${cache}`,
          cores: inCache.map(({ core }) => core),
        })),
      })),
    })),
  };
}

/** Divides cores by the number of one of their groups, in the order of these numbers. */
function by(placed: readonly Placed[], level: 0 | 1 | 2): [number, Placed[]][] {
  const groups = new Map<number, Placed[]>();
  for (const one of placed) {
    const number = one.group[level];
    const others = groups.get(number);
    if (others === undefined) groups.set(number, [one]);
    else others.push(one);
  }
  return [...groups].sort(([a], [b]) => a - b);
}
