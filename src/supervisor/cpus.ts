import type { Prepared } from '../check/prepared.js';
import { CpuKeeper, type CpuKeeperOptions } from '../child/cpu-keeper.js';

/** Builds the part that keeps children and supervisor pinned by the plan. */
export function makeCpuKeeper(
  {
    config,
    plan,
    pinning,
    hasOverlap,
  }: Pick<Prepared, 'config' | 'plan' | 'pinning' | 'hasOverlap'>,
  parts: Pick<CpuKeeperOptions, 'fleet' | 'changes' | 'isAdopted' | 'logger'>,
): CpuKeeper {
  const { workDir, cpu } = config;
  const { reserve, smt } = cpu;
  const isPinned = pinning !== null;
  return new CpuKeeper({ plan, isPinned, hasOverlap, workDir, reserve, smt, ...parts });
}
