import type { UpgradeStatus } from '../../src/admin/types.js';
import type { RunningSupervisor } from './supervisor.js';
import { until } from './until.js';

/**
 * Gives an order that upgrades; resolves with what came of it when the process has another program,
 * or the same one again.
 */
export async function upgraded(
  supervisor: RunningSupervisor,
  order: () => unknown,
): Promise<UpgradeStatus> {
  const status = () => supervisor.get<UpgradeStatus>('upgrade');
  const { upgrades } = await status();
  await order();
  return until(
    () => `another program\n${supervisor.output}`,
    async () => {
      const now = await status().catch(() => null);
      return now !== null && now.upgrades > upgrades && now.state !== 'running' && now;
    },
  );
}
