import type { Prepared } from '../check/prepared.js';
import { CpuKeeper, type CpuKeeperOptions } from '../child/cpu-keeper.js';

/** Keeps the children on the CPUs of the plan, which is made anew when the machine changes. */
export function makeCpuKeeper(
  { config, plan, pinning, hasOverlap }: Prepared,
  parts: Pick<CpuKeeperOptions, 'fleet' | 'changes' | 'logger'>,
): CpuKeeper {
  const { workDir, cpu } = config;
  const { reserve, smt } = cpu;
  const isPinned = pinning !== null;
  return new CpuKeeper({ plan, isPinned, hasOverlap, workDir, reserve, smt, ...parts });
}
