import { plural } from '../system/plural.js';
import { formatCpuList } from './cpuset.js';
import { columns, grid, labelled, wrap } from './layout.js';
import { type ChildPlan, type CpuPlan, quotaText } from './plan.js';
import type { CpuGroups, CpuSet, Topology } from './types.js';

/** Most children that get a line each; more are listed by place. */
const MAX_ROWS = 16;

/** Formats the plan for people: 80 columns, no final newline. */
export function renderPlan(plan: CpuPlan, topology: Topology): string {
  const { children } = plan;
  const warnings = warningsOf(plan, topology).map((text) => labelled('Warning', text));
  return [
    summary(plan, topology),
    children.length <= MAX_ROWS ? table(children) : listing(children, topology),
    ...(children.some(({ shared }) => shared) ? ['* shares its CPU with another child'] : []),
    ...(warnings.length > 0 ? [warnings.join('\n')] : []),
  ].join('\n\n');
}

/** Returns the plan as plain values for `--json`. CPUs are the kernel's numbers. */
export function planJson(plan: CpuPlan, topology: Topology) {
  return {
    counts: counts(topology, topology.online),
    usableCounts: counts(topology.usable, topology.allowed),
    reserved: plan.reserved,
    children: plan.children,
    warnings: warningsOf(plan, topology),
    topology,
  };
}

function warningsOf(plan: CpuPlan, topology: Topology): string[] {
  return [...topology.warnings, ...plan.warnings];
}

function counts({ packages, numa, l3, cores }: CpuGroups, cpus: CpuSet) {
  return {
    packages: packages.length,
    numaNodes: numa.length,
    l3Caches: l3?.length ?? null,
    cores: cores.length,
    cpus: cpus.length,
  };
}

function summary({ reserved, children }: CpuPlan, topology: Topology): string {
  const { online, allowed, usable, coreKinds, isolated, quota } = topology;
  const used = new Set(children.flatMap(({ cpus }) => cpus)).size;
  return [
    labelled('Machine', sizeOf(topology, online)),
    ...(allowed.length < online.length
      ? [labelled('Allowed', `${sizeOf(usable, allowed)}: ${formatCpuList(allowed)}`)]
      : []),
    ...(coreKinds ?? []).map(({ name, pus }) => labelled('Kind', `${name}: ${named(pus)}`)),
    ...(isolated?.length ? [labelled('Isolated', named(isolated))] : []),
    ...(quota === null ? [] : [labelled('Quota', `${quotaText(quota)} of time, by the cgroup`)]),
    labelled('Reserved', reservedText(reserved)),
    labelled('Children', `${children.length} on ${plural(used, 'CPU')}`),
  ].join('\n');
}

function reservedText(reserved: CpuSet): string {
  return reserved.length > 0
    ? `${named(reserved)}, for the supervisor and its relay`
    : 'nothing: the supervisor and its relay run on any CPU';
}

function sizeOf(groups: CpuGroups, online: CpuSet): string {
  const { packages, numaNodes, l3Caches, cores, cpus } = counts(groups, online);
  return [
    plural(packages, 'package'),
    plural(numaNodes, 'NUMA node'),
    ...(l3Caches === null ? [] : [plural(l3Caches, 'L3 cache')]),
    plural(cores, 'core'),
    plural(cpus, 'CPU'),
  ].join(', ');
}

function named(cpus: CpuSet): string {
  return `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${formatCpuList(cpus)}`;
}

function table(children: readonly ChildPlan[]): string {
  const rows = children.map((child) => [
    child.id,
    cpusOf(child),
    `${child.node ?? ''}`,
    `${child.l3 ?? ''}`,
    `${child.package ?? ''}`,
    child.kind ?? '',
  ]);
  return columns(['child', 'cpus', 'node', 'l3', 'package', 'kind'], rows);
}

/** Lists children under a heading per place: `c001 2` is child c001 on CPU 2. */
function listing(children: readonly ChildPlan[], topology: Topology): string {
  // A cache is worth naming only if several cores share one.
  const hasSharedCaches = (topology.l3?.length ?? 0) < topology.cores.length;
  const placeOf = ({ node, l3, kind }: ChildPlan) =>
    [
      ...(node === null ? [] : [`node ${node}`]),
      ...(hasSharedCaches && l3 !== null ? [`L3 ${l3}`] : []),
      ...(kind === null ? [] : [kind]),
    ].join(', ') || 'nowhere known';
  const places = new Map<string, ChildPlan[]>();
  for (const child of [...children].sort(byPlace)) {
    const members = places.get(placeOf(child)) ?? [];
    places.set(placeOf(child), [...members, child]);
  }
  const width = Math.max(...children.map((child) => cellOf(child).length));
  return [...places].map(([place, members]) => placeText(place, members, width)).join('\n');
}

function placeText(place: string, members: readonly ChildPlan[], width: number): string {
  const cpus = named([...new Set(members.flatMap((child) => child.cpus))]);
  const cells = [...members].sort((a, b) => a.index - b.index).map(cellOf);
  return `${wrap(`${place}: `, `${members.length} on ${cpus}`, 4)}\n${grid(cells, width)}`;
}

function byPlace(a: ChildPlan, b: ChildPlan): number {
  return (
    (a.node ?? 0) - (b.node ?? 0) ||
    (a.l3 ?? 0) - (b.l3 ?? 0) ||
    (a.cpus[0] ?? 0) - (b.cpus[0] ?? 0)
  );
}

function cellOf(child: ChildPlan): string {
  return `${child.id} ${cpusOf(child)}`;
}

function cpusOf({ cpus, shared }: ChildPlan): string {
  return `${formatCpuList(cpus)}${shared ? '*' : ''}`;
}
