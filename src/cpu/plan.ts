/**
 * The room `cpu/`: reads the machine's CPUs, plans a set for each child, and pins processes.
 * May import: system.
 */

import { SupervisorError } from '../errors.js';
import { plural } from '../system/plural.js';
import { type CpuSlot, slotsOf, spread } from './slots.js';
import type { CpuSet, Topology } from './types.js';

/** The configuration keys `children.count`, `cpu.reserve` and `cpu.smt`. */
export interface PlanOptions {
  readonly count: 'auto' | number;
  /** Cores kept for the supervisor and its relay. */
  readonly reserve: 'auto' | number;
  readonly smt: 'one-per-core' | 'every-thread';
}

export interface ChildPlan {
  /** Counted from 0. */
  readonly index: number;
  /** `c001`, `c002`, … */
  readonly id: string;
  /** CPUs to which it is pinned. */
  readonly cpus: CpuSet;
  /** The kernel's number of its NUMA node. */
  readonly node: number | null;
  /** Index in `topology.l3`. */
  readonly l3: number | null;
  /** Index in `topology.packages`. */
  readonly package: number | null;
  /** Name of its kind of core; null if all are alike. */
  readonly kind: string | null;
  /** Another child uses the same CPU. */
  readonly shared: boolean;
}

export interface CpuPlan {
  /** CPUs for the supervisor and its relay; empty: they are not pinned. */
  readonly reserved: CpuSet;
  readonly children: readonly ChildPlan[];
  /** Usable cores, reserved ones included. */
  readonly cores: number;
  readonly warnings: readonly string[];
}

/** With fewer cores none is reserved: the children need them more. */
const MIN_CORES_TO_RESERVE = 4;

/** One core is reserved for each of so many. */
const CORES_PER_RESERVED = 16;

/** Even a machine with one core runs so many children. */
const MIN_CHILDREN = 2;

/**
 * Plans the CPU of each child. Children are spread evenly over NUMA nodes and L3 caches, fast cores
 * first, second threads of a core last. Plans for different counts have a common beginning, so
 * adding children moves none. Throws ERR_CONFIG for a count or reserve that this machine cannot
 * satisfy.
 */
export function planCpus(topology: Topology, options: PlanOptions): CpuPlan {
  const slots = slotsOf(topology);
  const cores = topology.usable.cores.length;
  if (cores === 0)
    throw new SupervisorError('ERR_CONFIG', 'no usable CPU was found: is /sys there and readable?');
  const { quota } = topology;
  // A quota's fraction of a CPU is left to the supervisor.
  const paid = quota === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(quota));
  const auto = autoReserve(Math.min(cores, paid));
  const reserved = reserve(slots, cores, options.reserve, auto);
  const free = childSlots(slots, reserved, options.smt);
  const most = Math.max(1, paid - reserved.length);
  const count = childCount(options.count, Math.min(free.length, most));
  return {
    reserved,
    children: Array.from({ length: count }, (_, index) => childPlan(index, count, free)),
    cores,
    warnings: [...sharingWarnings(count, free.length), ...quotaWarnings(count, most, quota)],
  };
}

/**
 * Chooses whole cores, with all their threads, beginning with the lowest CPU, where the kernel does
 * its own work. Slow cores first: the relay has several threads, whereas a child has one and gains
 * more from a fast core. Isolated CPUs are never reserved: they are for the children.
 */
function reserve(
  slots: readonly CpuSlot[],
  cores: number,
  wanted: 'auto' | number,
  auto: number,
): number[] {
  const isolated = new Set(slots.filter((slot) => slot.isolated).map(({ cpu }) => cpu));
  const eligible = slots.filter(
    ({ thread, core }) => thread === 0 && !core.some((cpu) => isolated.has(cpu)),
  );
  const count =
    wanted === 'auto'
      ? Math.min(auto, eligible.length)
      : checkedReserve(wanted, cores, eligible.length);
  return spread(eligible, ({ speed }) => [speed])
    .slice(0, count)
    .flatMap(({ core }) => core)
    .sort((a, b) => a - b);
}

function autoReserve(cores: number): number {
  if (cores < MIN_CORES_TO_RESERVE) return 0;
  return Math.max(1, Math.round(cores / CORES_PER_RESERVED));
}

function checkedReserve(wanted: number, cores: number, eligible: number): number {
  const most = Math.min(cores - 1, eligible);
  if (Number.isInteger(wanted) && wanted >= 0 && wanted <= most) return wanted;
  const why =
    eligible < cores
      ? `${cores} usable cores, ${cores - eligible} of them isolated`
      : `${cores} usable cores`;
  throw new SupervisorError(
    'ERR_CONFIG',
    `cpu.reserve: must be auto or 0 to ${most} on this machine (${why}), got ${wanted}`,
  );
}

/** Returns the threads for children in the order of use; isolated ones come first. */
function childSlots(
  slots: readonly CpuSlot[],
  reserved: CpuSet,
  smt: PlanOptions['smt'],
): CpuSlot[] {
  const free = slots.filter(
    ({ cpu, thread }) => !reserved.includes(cpu) && (thread === 0 || smt === 'every-thread'),
  );
  return spread(free, ({ thread, isolated, speed }) => [thread, isolated ? 0 : 1, -speed]);
}

function childCount(wanted: 'auto' | number, free: number): number {
  if (wanted === 'auto') return Math.max(free, MIN_CHILDREN);
  if (Number.isInteger(wanted) && wanted >= 0) return wanted;
  throw new SupervisorError(
    'ERR_CONFIG',
    `children.count: must be auto or a whole number from 0, got ${wanted}`,
  );
}

/** Returns `c001` for the child at index 0, and so on. */
export function childId(index: number): string {
  return `c${String(index + 1).padStart(3, '0')}`;
}

function childPlan(index: number, count: number, free: readonly CpuSlot[]): ChildPlan {
  const turn = index % free.length;
  const slot = free[turn];
  if (!slot) throw new RangeError('a plan needs at least one free CPU');
  const isOnlyOne = index === turn && index + free.length >= count;
  return {
    index,
    id: childId(index),
    cpus: [slot.cpu],
    node: slot.node,
    l3: slot.l3,
    package: slot.package,
    kind: slot.kind,
    shared: !isOnlyOne,
  };
}

function quotaWarnings(count: number, most: number, quota: number | null): string[] {
  if (quota === null || count <= most) return [];
  const time = `${quotaText(quota)} of time (cgroup quota)`;
  return [
    `${count} children on ${time} wait for one another; set children.count to ${most} or less`,
  ];
}

/** Formats a quota: `2 CPUs`, `1.5 CPUs`. */
export function quotaText(quota: number): string {
  return plural(Math.round(quota * 100) / 100, 'CPU');
}

function sharingWarnings(count: number, free: number): string[] {
  if (count <= free) return [];
  const cpus = free === 1 ? '1 free CPU' : `${free} free CPUs`;
  return [`${count} children on ${cpus}: some share one; set children.count to ${free} or less`];
}
