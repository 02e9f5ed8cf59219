import { setTimeout as delay } from 'node:timers/promises';
import { type AdminPort, adminAsk } from '../admin/client.js';
import { SupervisorError } from '../errors.js';
import type { JobReport, JobStatus, JobStep } from '../jobs/job.js';
import { formatDuration } from './format.js';
import { NO_OUTPUT, type Output, ProgressLine } from './output.js';
import { printable } from './table.js';

export interface FollowOptions {
  readonly port: AdminPort;
  readonly stdout: Output;
  /** Prints the job as JSON at its end, and nothing before. */
  readonly json: boolean;
  /** Columns of the terminal; null: it is no terminal. */
  readonly width: number | null;
  /** Aborts when the user does not want to wait any more. */
  readonly interrupted: AbortSignal;
}

/** Milliseconds between two looks at the job. */
const LOOK_MS = 200;

/**
 * Shows a job until its end: a line for each step, and on a terminal what it does now. Throws
 * ERR_JOB if it was not done, or if the user does not wait for it.
 */
export async function follow(begun: JobReport, options: FollowOptions): Promise<void> {
  const { stdout, json, interrupted } = options;
  const view = new JobView(json ? NO_OUTPUT : stdout, options.width);
  const steps: JobStep[] = [];
  let report = begun;
  for (;;) {
    steps.push(...report.steps);
    view.show(report);
    if (report.state !== 'running') break;
    await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => {});
    if (interrupted.aborted) {
      view.end();
      throw goesOn(report);
    }
    const path = `/admin/v1/jobs/${report.id}?from=${steps.length}`;
    report = await adminAsk<JobReport>(options.port, { method: 'GET', path });
  }
  view.end();
  const { error } = report;
  if (json) stdout.write(`${JSON.stringify({ ...report, from: 0, steps }, null, 2)}\n`);
  else if (error === null) stdout.write(`${doneText(report)}\n`);
  if (error !== null) throw new SupervisorError('ERR_JOB', `${report.what}: ${error}`);
}

/** A job on the screen. */
class JobView {
  readonly #progress: ProgressLine;
  readonly #width: number | null;

  constructor(output: Output, width: number | null) {
    this.#progress = new ProgressLine(output);
    this.#width = width;
  }

  show(report: JobReport): void {
    const lines = report.steps.map((step) => `${stepText(step)}\n`).join('');
    if (lines !== '') this.#progress.above(lines);
    this.#progress.show(nowText(report).slice(0, (this.#width ?? 80) - 1));
  }

  end(): void {
    this.#progress.show('');
  }
}

/** `c003  is drained` */
function stepText({ child, text }: JobStep): string {
  return child === null ? printable(text) : `${child}  ${printable(text)}`;
}

/** `restart --all: 5 of 32 done; c006 drains: 1 stream, 3 clients, 7 s left` */
function nowText({ what, done, total, now }: JobStatus): string {
  return [`${what}: ${done} of ${total} done`, ...now].join('; ');
}

/** `restart --all: done in 1m 5s` */
function doneText({ what, since, ended }: JobStatus): string {
  return `${what}: done in ${formatDuration(((ended ?? since) - since) / 1000)}`;
}

function goesOn({ what, done, total }: JobStatus): SupervisorError {
  const text = `${what} goes on in the supervisor (${done} of ${total} done): srs-supervisor job shows it, job --stop ends it`;
  return new SupervisorError('ERR_JOB', text);
}
