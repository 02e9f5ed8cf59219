import { CPU } from './groups.js';
import type { Sysfs } from './sysfs.js';
import type { CoreKind, CpuSet } from './types.js';

/** Linux's PMU names of Intel's hybrid processors, and the common names of their cores. */
const INTEL_PMUS = [
  ['cpu_lowpower', 'LP-E'],
  ['cpu_atom', 'E'],
  ['cpu_core', 'P'],
] as const;

/** Files with a core's speed, the most stable first: turbo differs between cores of one kind. */
const SPEEDS = ['cpufreq/base_frequency', 'cpu_capacity', 'cpufreq/cpuinfo_max_freq'] as const;

/** Cores of one kind differ by a few percent (favoured cores), kinds by a quarter or more. */
const SAME_KIND_RATIO = 1.1;

/** Part numbers in MIDR_EL1 for implementer 0x41 (Arm), of cores that are mixed in practice. */
const ARM_PARTS = new Map([
  [0xc07, 'Cortex-A7'],
  [0xc0f, 'Cortex-A15'],
  [0xc0e, 'Cortex-A17'],
  [0xd03, 'Cortex-A53'],
  [0xd04, 'Cortex-A35'],
  [0xd05, 'Cortex-A55'],
  [0xd07, 'Cortex-A57'],
  [0xd08, 'Cortex-A72'],
  [0xd09, 'Cortex-A73'],
  [0xd0a, 'Cortex-A75'],
  [0xd0b, 'Cortex-A76'],
  [0xd0c, 'Neoverse-N1'],
  [0xd0d, 'Cortex-A77'],
  [0xd40, 'Neoverse-V1'],
  [0xd41, 'Cortex-A78'],
  [0xd44, 'Cortex-X1'],
  [0xd46, 'Cortex-A510'],
  [0xd47, 'Cortex-A710'],
  [0xd48, 'Cortex-X2'],
  [0xd49, 'Neoverse-N2'],
  [0xd4d, 'Cortex-A715'],
  [0xd4e, 'Cortex-X3'],
  [0xd4f, 'Neoverse-V2'],
  [0xd80, 'Cortex-A520'],
  [0xd81, 'Cortex-A720'],
  [0xd82, 'Cortex-X4'],
  [0xd85, 'Cortex-X925'],
  [0xd87, 'Cortex-A725'],
]);

/** Returns the kinds of core, slowest first; null if all are alike or the kernel does not say. */
export function readCoreKinds(fs: Sysfs, cores: readonly CpuSet[]): CoreKind[] | null {
  const kinds = intelKinds(fs, cores) ?? armKinds(fs, cores) ?? speedKinds(fs, cores) ?? [];
  return kinds.length > 1 ? kinds : null;
}

function intelKinds(fs: Sysfs, cores: readonly CpuSet[]): CoreKind[] | null {
  const kinds = INTEL_PMUS.flatMap(([pmu, name]) => {
    const named = fs.list(`sys/devices/${pmu}/cpus`) ?? [];
    const pus = threadsOf(cores.filter(([first]) => first !== undefined && named.includes(first)));
    return pus.length > 0 ? [{ name, pus }] : [];
  });
  return coversAll(kinds, cores) ? kinds : null;
}

/** Groups by core model: `cpu_capacity` can differ between two cores of one model. */
function armKinds(fs: Sysfs, cores: readonly CpuSet[]): CoreKind[] | null {
  const models = armModels(fs);
  const byModel = new Map<string, CpuSet[]>();
  for (const core of cores) {
    const model = models(core[0] ?? -1);
    if (model === null) return null;
    byModel.set(model, [...(byModel.get(model) ?? []), core]);
  }
  return [...byModel]
    .map(([name, members]) => ({ name, pus: threadsOf(members) }))
    .sort((a, b) => topSpeed(fs, a.pus) - topSpeed(fs, b.pus));
}

/**
 * Reads models from MIDR_EL1 (Arm ARM D24: implementer in bits 24-31, part in 4-15) or, without it,
 * from /proc/cpuinfo.
 */
function armModels(fs: Sysfs): (cpu: number) => string | null {
  const blocks = (fs.text('proc/cpuinfo') ?? '').split(/\n\s*\n/);
  const field = (block: string, name: string) =>
    Number(new RegExp(`^${name}\\s*:\\s*(\\w+)`, 'm').exec(block)?.[1] ?? Number.NaN);
  const listed = new Map(
    blocks.map((block) => [
      field(block, 'processor'),
      armName(field(block, 'CPU implementer'), field(block, 'CPU part')),
    ]),
  );
  return (cpu) => {
    const midr = Number(fs.text(`${CPU}/cpu${cpu}/regs/identification/midr_el1`) ?? Number.NaN);
    return armName((midr >>> 24) & 0xff, (midr >>> 4) & 0xfff) ?? listed.get(cpu) ?? null;
  };
}

function armName(implementer: number, part: number): string | null {
  if (!(implementer > 0) || !(part >= 0)) return null;
  const known = implementer === 0x41 ? ARM_PARTS.get(part) : undefined;
  return known ?? `part 0x${part.toString(16)}`;
}

/** Groups by the first speed file whose values have a clear gap. */
function speedKinds(fs: Sysfs, cores: readonly CpuSet[]): CoreKind[] | null {
  for (const file of SPEEDS) {
    const speeds = cores.map((core) => ({ core, speed: speedOf(fs, file, core) }));
    if (speeds.some(({ speed }) => speed === 0)) continue;
    const classes = splitAtGaps(speeds.sort((a, b) => a.speed - b.speed));
    if (classes.length > 1) return named(classes);
  }
  return null;
}

function splitAtGaps(sorted: readonly { core: CpuSet; speed: number }[]): CpuSet[][] {
  const classes: CpuSet[][] = [];
  let previous = 0;
  for (const { core, speed } of sorted) {
    if (speed > previous * SAME_KIND_RATIO) classes.push([]);
    classes.at(-1)?.push(core);
    previous = speed;
  }
  return classes;
}

/** Names the classes. Slow cores without SMT beside fast ones with SMT are Intel's E and P. */
function named(classes: readonly CpuSet[][]): CoreKind[] {
  const threaded = classes.map((cores) => cores.some((core) => core.length > 1));
  const names = classes.length > 2 ? classes.map((_, i) => `speed ${i + 1}`) : ['slow', 'fast'];
  const isIntel = classes.length === 2 && !threaded[0] && threaded[1];
  return classes.map((cores, i) => ({
    name: (isIntel ? ['E', 'P'][i] : names[i]) ?? '',
    pus: threadsOf(cores),
  }));
}

function topSpeed(fs: Sysfs, cpus: CpuSet): number {
  const best = (file: string) => Math.max(0, ...cpus.map((cpu) => speedOf(fs, file, [cpu])));
  return best('cpu_capacity') || best('cpufreq/cpuinfo_max_freq');
}

function speedOf(fs: Sysfs, file: string, core: CpuSet): number {
  return Math.max(0, fs.number(`${CPU}/cpu${core[0]}/${file}`) ?? 0);
}

function threadsOf(cores: readonly CpuSet[]): number[] {
  return cores.flat().sort((a, b) => a - b);
}

function coversAll(kinds: readonly CoreKind[], cores: readonly CpuSet[]): boolean {
  return threadsOf(kinds.map(({ pus }) => pus)).length === cores.flat().length;
}
