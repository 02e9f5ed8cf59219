import type { Command } from 'commander';
import { SupervisorError } from '../errors.js';
import type { Order } from './operate.js';
import { addQueryOptions, type QueryOptions } from './query-options.js';

export interface OrderActions {
  readonly order: (order: Order, options: QueryOptions) => Promise<void>;
  readonly reload: (dryRun: boolean, options: QueryOptions) => Promise<void>;
}

interface DrainOptions extends QueryOptions {
  readonly wait?: boolean;
  readonly timeout?: string;
}

interface RestartOptions extends QueryOptions {
  readonly all?: boolean;
  readonly parallel?: string;
  readonly from?: string;
  readonly timeout?: string;
}

interface ScaleOptions extends QueryOptions {
  readonly timeout?: string;
}

interface ReloadOptions extends QueryOptions {
  readonly dryRun?: boolean;
}

interface JobOptions extends QueryOptions {
  readonly stop?: boolean;
}

const TIMEOUT = ['--timeout <seconds>', 'how long a drain may take (default: 10)'] as const;

/** Adds the commands that change what a running supervisor's children do. */
export function addOrders(program: Command, { order, reload }: OrderActions): void {
  const command = (name: string, description: string) =>
    addQueryOptions(program.command(name).description(description));
  command('drain <child>', 'give a child no new streams; players of its streams still come')
    .option('--wait', 'wait for its last client')
    .option(...TIMEOUT)
    .action((child: string, options: DrainOptions) => order(drainOrder(child, options), options));
  command('undrain <child>', 'give a drained child new streams again').action(
    (child: string, options: QueryOptions) => order({ kind: 'undrain', child }, options),
  );
  command('restart [child]', 'drain and restart a child, or all one after another')
    .option('--all', 'all children')
    .option('--parallel <n>', 'with --all: how many at the same time (default: 1)')
    .option('--from <child>', 'with --all: go on with this child')
    .option(...TIMEOUT)
    .action((child: string | undefined, options: RestartOptions) =>
      order(restartOrder(child, options), options),
    );
  command('scale <count>', 'have so many children; the last ones are drained first')
    .option(...TIMEOUT)
    .action((count: string, options: ScaleOptions) => {
      const { timeout } = options;
      return order({ kind: 'scale', count, ...given({ timeout }) }, options);
    });
  command('reload', 'apply the configuration, template and certificate as their files are now')
    .option('--dry-run', 'say what would be applied, and change nothing')
    .action((options: ReloadOptions) => reload(options.dryRun ?? false, options));
  command('job', 'show the job at work on children, or the last one')
    .option('--stop', 'end it as soon as the box is in order')
    .action((options: JobOptions) => order({ kind: 'job', stop: options.stop ?? false }, options));
}

function drainOrder(child: string, { wait = false, timeout }: DrainOptions): Order {
  if (wait || timeout === undefined) return { kind: 'drain', child, wait, ...given({ timeout }) };
  throw new SupervisorError('ERR_USAGE', '--timeout: needs --wait');
}

function restartOrder(child: string | undefined, options: RestartOptions): Order {
  const { all = false, parallel, from, timeout } = options;
  if ((child === undefined) !== all) {
    throw new SupervisorError('ERR_USAGE', 'restart: name one child, or --all');
  }
  if (child === undefined) return { kind: 'restart-all', ...given({ timeout, parallel, from }) };
  if (parallel !== undefined || from !== undefined) {
    throw new SupervisorError('ERR_USAGE', '--parallel and --from: need --all');
  }
  return { kind: 'restart', child, ...given({ timeout }) };
}

/** Leaves out what was not given. */
function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(pairs);
}
