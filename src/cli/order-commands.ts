import type { Command } from 'commander';
import type { ReloadOrder } from '../admin/types.js';
import { SupervisorError } from '../errors.js';
import type { EventsOrder } from './events.js';
import type { LogsOrder } from './logs.js';
import type { Order } from './operate.js';
import { addAdmin, addQueryOptions, type QueryOptions } from './query-options.js';
import type { UpgradeOrder } from './upgrade.js';

export interface OrderActions {
  readonly events: (order: EventsOrder, options: QueryOptions) => Promise<void>;
  readonly logs: (order: LogsOrder, options: QueryOptions) => Promise<void>;
  readonly order: (order: Order, options: QueryOptions) => Promise<void>;
  readonly upgrade: (order: UpgradeOrder, options: QueryOptions) => Promise<void>;
  readonly reload: (order: ReloadOrder, options: QueryOptions) => Promise<void>;
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

interface KickOptions extends QueryOptions {
  readonly stream?: string;
  readonly ip?: string;
}

interface LogsCommandOptions extends QueryOptions {
  readonly stream?: string;
  readonly lines?: string;
  readonly follow?: boolean;
}

interface EventsCommandOptions extends QueryOptions {
  readonly stream?: string;
  readonly child?: string;
  readonly lines?: string;
  readonly follow?: boolean;
}

interface ReloadOptions extends QueryOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface UpgradeOptions extends QueryOptions {
  readonly to?: string | null;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface JobOptions extends QueryOptions {
  readonly stop?: boolean;
}

const TIMEOUT = ['--timeout <seconds>', 'how long a drain may take (default: 10)'] as const;

/** Adds the commands that change what a running supervisor's children do. */
export function addOrders(program: Command, actions: OrderActions): void {
  const { order, logs, reload, events } = actions;
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
  command('scale <count>', 'change the number of children; the last ones are drained first')
    .option(...TIMEOUT)
    .action((count: string, options: ScaleOptions) => {
      const { timeout } = options;
      return order({ kind: 'scale', count, ...given({ timeout }) }, options);
    });
  command(
    'kick [client]',
    'close clients: one, by its id or ip:port, or all of a stream or address',
  )
    .option('--stream <name>', 'all of this stream: app/stream, or vhost/app/stream')
    .option('--ip <address>', 'all of this address')
    .action((client: string | undefined, options: KickOptions) =>
      order(kickOrder(client, options), options),
    );
  addViews(command, program, { logs, events });
  addUpgrade(command, actions);
  command('reload', 'apply the configuration, template and certificate as their files are now')
    .option('--dry-run', 'say what would be applied, and change nothing')
    .option('--yes', 'close clients that cannot be kept, where keys take an upgrade in place')
    .action(({ dryRun = false, yes = false, ...options }: ReloadOptions) =>
      reload({ dryRun, yes }, options),
    );
  command('job', 'show the job at work on children, or the last one')
    .option('--stop', 'end it as soon as the box is in order')
    .action((options: JobOptions) => order({ kind: 'job', stop: options.stop ?? false }, options));
}

function addUpgrade(
  command: (name: string, description: string) => Command,
  { upgrade }: Pick<OrderActions, 'upgrade'>,
): void {
  command('upgrade', 'replace the running program in place: children and connections live on')
    .option('--to <folder>', 'the package to run (default: the one that it was started from)')
    .option('--dry-run', 'say what would be kept and closed, and change nothing')
    .option('--yes', 'close the clients that cannot be kept')
    .action(({ to = null, dryRun = false, yes = false, ...options }: UpgradeOptions) =>
      upgrade({ to, dryRun, yes }, options),
    );
}

/** Adds the commands that print what has happened. */
function addViews(
  command: (name: string, description: string) => Command,
  program: Command,
  { logs, events }: Pick<OrderActions, 'logs' | 'events'>,
): void {
  addAdmin(program.command('logs [child]').description('print what children log'))
    .option('--stream <name>', 'the child that has this stream')
    .option('-n, --lines <n>', 'last lines of each child (default: 10)')
    .option('-f, --follow', 'go on with what is added')
    .action((child: string | undefined, options: LogsCommandOptions) =>
      logs(logsOrder(child, options), options),
    );
  command('events', 'print what has happened in the last hour')
    .option('--stream <name>', 'about this stream: app/stream, or vhost/app/stream')
    .option('--child <id>', 'about this child')
    .option('-n, --lines <n>', 'last events (default: 20)')
    .option('-f, --follow', 'go on with those that come')
    .action((options: EventsCommandOptions) => {
      const { stream, child, lines, follow = false } = options;
      return events({ stream, child, lines, follow }, options);
    });
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

function kickOrder(client: string | undefined, { stream, ip }: KickOptions): Order {
  const names = given({ client, stream, ip });
  if (Object.keys(names).length === 1) return { kind: 'kick', ...names };
  throw new SupervisorError('ERR_USAGE', 'kick: name one client, or --stream, or --ip');
}

function logsOrder(child: string | undefined, options: LogsCommandOptions): LogsOrder {
  const { stream, lines, follow = false } = options;
  if (child === undefined || stream === undefined) return { child, stream, lines, follow };
  throw new SupervisorError('ERR_USAGE', 'logs: name a child or --stream, not both');
}

/** Leaves out what was not given. */
function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(pairs);
}
