import type { CpuSet, Topology } from './types.js';

/** One usable hardware thread and its place. */
export interface CpuSlot {
  readonly cpu: number;
  /** All usable threads of its core, this one included. */
  readonly core: CpuSet;
  /** 0 for the core's first usable thread. */
  readonly thread: number;
  readonly node: number | null;
  /** Index in `topology.l3`. */
  readonly l3: number | null;
  /** Index in `topology.packages`. */
  readonly package: number | null;
  readonly kind: string | null;
  /** Rank of its kind; 0 is the slowest. */
  readonly speed: number;
  readonly isolated: boolean;
}

/** Returns all usable hardware threads, by CPU number. */
export function slotsOf(topology: Topology): CpuSlot[] {
  const indexOf = (sets: readonly CpuSet[]) => lookup(sets.map((set, i) => [set, i]));
  const node = lookup(topology.numa.map(({ id, pus }) => [pus, id]));
  const l3 = indexOf(topology.l3 ?? []);
  const pack = indexOf(topology.packages);
  const speed = lookup((topology.coreKinds ?? []).map(({ pus }, i) => [pus, i]));
  const isolated = new Set(topology.isolated);
  return topology.usable.cores
    .flatMap((core) =>
      core.map((cpu, thread) => ({
        cpu,
        core,
        thread,
        node: node.get(cpu) ?? null,
        l3: l3.get(cpu) ?? null,
        package: pack.get(cpu) ?? null,
        kind: topology.coreKinds?.[speed.get(cpu) ?? -1]?.name ?? null,
        speed: speed.get(cpu) ?? 0,
        isolated: isolated.has(cpu),
      })),
    )
    .sort((a, b) => a.cpu - b.cpu);
}

/**
 * Orders slots so that every prefix of the list is spread evenly: over NUMA nodes, then within a
 * node over its L3 caches, then over packages and all caches, so that few children get much memory
 * bandwidth. A slot of a higher rank comes after all slots of lower ranks.
 */
export function spread(
  slots: readonly CpuSlot[],
  rankOf: (slot: CpuSlot) => readonly number[],
): CpuSlot[] {
  const taken = new Map<string, number>();
  const waiting = slots.map((slot) => ({ slot, rank: rankOf(slot), places: placesOf(slot) }));
  const order: CpuSlot[] = [];
  while (waiting.length > 0) {
    const keys = waiting.map(({ rank, places }) => [
      ...rank,
      ...places.map((place) => taken.get(place) ?? 0),
    ]);
    const best = keys.reduce((low, key, i) => (isBelow(key, keys[low]) ? i : low), 0);
    for (const { slot, places } of waiting.splice(best, 1)) {
      for (const place of places) taken.set(place, (taken.get(place) ?? 0) + 1);
      order.push(slot);
    }
  }
  return order;
}

/** The resources that a slot shares with others, in the order in which they are balanced. */
function placesOf({ node, l3, package: pack }: CpuSlot): string[] {
  return [`node ${node}`, `node ${node} l3 ${l3}`, `package ${pack}`, `l3 ${l3}`];
}

function isBelow(a: readonly number[], b: readonly number[] = []): boolean {
  const differs = a.findIndex((value, i) => value !== b[i]);
  return differs >= 0 && (a[differs] ?? 0) < (b[differs] ?? 0);
}

function lookup(sets: readonly (readonly [CpuSet, number])[]): Map<number, number> {
  return new Map(sets.flatMap(([cpus, value]) => cpus.map((cpu) => [cpu, value] as const)));
}
