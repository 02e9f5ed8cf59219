import type { ReloadReport } from '../admin/types.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { record } from '../logging/tell.js';

/** Records the end of a reload, whoever ordered it, and passes its outcome on. */
export async function recordReload(
  logger: Logger,
  reloading: Promise<ReloadReport>,
): Promise<ReloadReport> {
  try {
    const report = await reloading;
    const { applied, refused, error } = report;
    const refusedKeys = refused.map(({ key }) => key);
    record(logger, { type: 'reload', keys: applied, refused: refusedKeys, error });
    return report;
  } catch (error) {
    record(logger, { type: 'reload', keys: [], refused: [], error: messageOf(error) });
    throw error;
  }
}
