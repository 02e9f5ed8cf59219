import type { CpuGroups, Topology } from '../../src/cpu/types.js';

export interface Shape {
  readonly nodes: number;
  readonly l3PerNode?: number;
  readonly coresPerL3?: number;
  readonly threads?: number;
}

/** A regular machine, all of it usable; thread t of core c is CPU c + t * cores, as on Intel's. */
export function synthetic({ nodes, l3PerNode = 1, coresPerL3 = 1, threads = 1 }: Shape): Topology {
  const cores = nodes * l3PerNode * coresPerL3;
  const groups = (size: number) =>
    Array.from({ length: cores / size }, (_, group) => threadsOf(group * size, size));
  const threadsOf = (first: number, size: number) =>
    Array.from({ length: threads }, (_, thread) =>
      Array.from({ length: size }, (_, i) => first + i + thread * cores),
    ).flat();
  const online = threadsOf(0, cores);
  const all: CpuGroups = {
    packages: [online],
    numa: groups(l3PerNode * coresPerL3).map((pus, id) => ({ id, pus })),
    cores: groups(1),
    l3: groups(coresPerL3),
  };
  return {
    ...all,
    online,
    offline: [],
    isolated: [],
    numaWithoutCpus: [],
    coreKinds: null,
    allowed: online,
    quota: null,
    usable: all,
    warnings: [],
  };
}
