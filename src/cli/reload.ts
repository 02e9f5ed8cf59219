import { type AdminPort, adminAsk, PROOF_MS } from '../admin/client.js';
import type { ReloadOrder, ReloadReport } from '../admin/types.js';
import { SupervisorError } from '../errors.js';
import type { JobReport, JobStatus } from '../jobs/job.js';
import type { Logger } from '../logging/logger.js';
import { type FollowOptions, follow } from './follow.js';
import { NO_OUTPUT } from './output.js';
import { printable } from './table.js';
import { statusText, throwIfFailed, untilDone, upgradesOf } from './upgrade.js';

const JOBS = '/admin/v1/jobs';

/** Orders a running supervisor to reload; returns its report. @throws ERR_ADMIN, ERR_BUSY */
function askReload(port: AdminPort, { dryRun, yes }: ReloadOrder): Promise<ReloadReport> {
  const path = '/admin/v1/reload';
  const question = { method: 'POST', path, body: { dryRun, yes }, limitMs: PROOF_MS } as const;
  return adminAsk<ReloadReport>(port, question);
}

/**
 * Has a running supervisor reload, and prints what it does. Resolves when all is applied, and the
 * children have been restarted if that is needed. Throws ERR_RELOAD if something is not applied,
 * ERR_UPGRADE if that took an upgrade in place which failed.
 */
export async function reload(order: ReloadOrder, options: FollowOptions): Promise<void> {
  const { port, stdout, json } = options;
  const before = await upgradesOf(port);
  const report = await askReload(port, order);
  if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else stdout.write(reloadText(report));
  const { refused, error } = report;
  // The report has been printed as JSON; a second value would break that.
  const follower = json ? { ...options, json: false, stdout: NO_OUTPUT } : options;
  const job = await jobOf(report, before, follower);
  if (job !== null) await follow(job, follower);
  if (error !== null) throw new SupervisorError('ERR_RELOAD', error);
  if (refused.length === 0) return;
  const keys = refused.map(({ key }) => key).join(', ');
  throw new SupervisorError('ERR_RELOAD', `not applied: ${keys}`);
}

/**
 * Resolves with the job of a reload, which the next program begins if there is an upgrade. That is
 * not followed if it moves the port that would tell.
 */
async function jobOf(
  { dryRun, upgrade, restartsChildren, applied, job }: ReloadReport,
  before: number,
  options: FollowOptions,
): Promise<JobReport | null> {
  if (upgrade === null || dryRun) return job;
  const { port, stdout } = options;
  if (applied.includes('listen.admin')) {
    stdout.write('the admin port moves: srs-supervisor status finds it at its new address\n');
    return null;
  }
  const status = await untilDone(before, options);
  stdout.write(statusText(status));
  throwIfFailed(status);
  if (!restartsChildren && !applied.includes('children.count')) return null;
  const jobs = await adminAsk<JobStatus[]>(port, { method: 'GET', path: JOBS });
  const [last] = jobs;
  return last === undefined
    ? null
    : adminAsk<JobReport>(port, { method: 'GET', path: `${JOBS}/${last.id}` });
}

/** Formats a report for a terminal. */
export function reloadText(report: ReloadReport): string {
  const { dryRun, applied, restartsChildren, refused, upgrade } = report;
  const is = dryRun ? 'would be ' : '';
  const how = upgrade === null ? '' : ' by an upgrade in place';

  const lines = [
    ...(applied.length > 0 ? [`${is}applied${how}: ${applied.join(', ')}`] : []),
    ...(restartsChildren ? [`the children ${dryRun ? 'would be' : 'are'} restarted in turn`] : []),
    ...refused.map(({ key, reason }) => `${is}refused: ${key}: ${reason}`),
  ];
  const shown = lines.length === 0 ? ['no key of the configuration has changed'] : lines;
  return shown.map((line) => `${printable(line)}\n`).join('');
}

/** Logs what a reload has done. */
export function logReload(logger: Logger, report: ReloadReport): void {
  const { applied, restartsChildren, refused, error, upgrade } = report;
  if (refused.length > 0) {
    const reasons = Object.fromEntries(refused.map(({ key, reason }) => [key, reason]));
    logger.warn({ keys: Object.keys(reasons), reasons }, 'reload: these keys keep their values');
  }
  if (error !== null) {
    logger.error({ keys: applied, reason: error }, 'reload: children keep the old template');
    return;
  }
  // The program that follows says what comes of it.
  if (upgrade !== null) return;
  const done = restartsChildren ? 'reload: applied, children restart in turn' : 'reload: applied';
  logger.info({ keys: applied }, done);
}
