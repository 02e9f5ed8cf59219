import { type AdminPort, adminAsk } from '../admin/client.js';
import type { ReloadReport } from '../admin/types.js';
import { SupervisorError } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { type FollowOptions, follow } from './follow.js';
import { NO_OUTPUT } from './output.js';
import { printable } from './table.js';

/** Orders a running supervisor to reload; returns its report. @throws ERR_ADMIN, ERR_BUSY */
function askReload(port: AdminPort, dryRun: boolean): Promise<ReloadReport> {
  const question = { method: 'POST', path: '/admin/v1/reload', body: { dryRun } } as const;
  return adminAsk<ReloadReport>(port, question);
}

/**
 * Has a running supervisor reload, and prints what it does. Resolves when all is applied, and the
 * children have been restarted if that is needed. Throws ERR_RELOAD if something is not applied.
 */
export async function reload(dryRun: boolean, options: FollowOptions): Promise<void> {
  const { port, stdout, json } = options;
  const report = await askReload(port, dryRun);
  if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else stdout.write(reloadText(report));
  const { job, refused, error } = report;
  // The report has been printed as JSON; a second value would break that.
  const follower = json ? { ...options, json: false, stdout: NO_OUTPUT } : options;
  if (job !== null) await follow(job, follower);
  if (error !== null) throw new SupervisorError('ERR_RELOAD', error);
  if (refused.length === 0) return;
  const keys = refused.map(({ key }) => key).join(', ');
  throw new SupervisorError('ERR_RELOAD', `not applied: ${keys}`);
}

/** Formats a report for a terminal. */
export function reloadText({ dryRun, applied, restartsChildren, refused }: ReloadReport): string {
  const is = dryRun ? 'would be ' : '';
  const lines = [
    ...(applied.length > 0 ? [`${is}applied: ${applied.join(', ')}`] : []),
    ...(restartsChildren ? [`the children ${dryRun ? 'would be' : 'are'} restarted in turn`] : []),
    ...refused.map(({ key, reason }) => `${is}refused: ${key}: ${reason}`),
  ];
  const shown = lines.length === 0 ? ['no key of the configuration has changed'] : lines;
  return shown.map((line) => `${printable(line)}\n`).join('');
}

/** Logs what a reload has done. */
export function logReload(logger: Logger, report: ReloadReport): void {
  const { applied, restartsChildren, refused, error } = report;
  if (refused.length > 0) {
    const reasons = Object.fromEntries(refused.map(({ key, reason }) => [key, reason]));
    logger.warn({ keys: Object.keys(reasons), reasons }, 'reload: these keys keep their values');
  }
  if (error !== null) {
    logger.error({ keys: applied, reason: error }, 'reload: children keep the old template');
    return;
  }
  const done = restartsChildren ? 'reload: applied, children restart in turn' : 'reload: applied';
  logger.info({ keys: applied }, done);
}
