import type { ReloadReport } from '../admin/types.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { record, tell } from '../logging/tell.js';
import type { KeptReload } from './kept-parts.js';

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

/** Logs and records a reload that an upgrade in place has applied. */
export function tellReload(logger: Logger, { keys, refused, rolls }: KeptReload): void {
  const message = rolls
    ? 'reload: applied by an upgrade in place, children restart in turn'
    : 'reload: applied by an upgrade in place';
  const event = { type: 'reload', keys, refused, error: null } as const;
  tell(logger, event, { level: 'info', message, fields: { keys } });
}
