/**
 * The room `cli/`: arguments, signals, exit codes, tables and the first screen.
 * May import: access, admin, check, child, config, cpu, events, jobs, listener, logging, placement,
 * relay, supervisor, system, unmanaged, upgrade.
 */

import { Command, CommanderError, Option } from 'commander';
import type { Flags } from '../config/sources.js';
import { SupervisorError } from '../errors.js';
import { CHILDREN, CLIENTS, STREAMS } from './lists.js';
import { addOrders, type OrderActions } from './order-commands.js';
import {
  addAdmin,
  addShownOptions,
  CONFIG,
  type ConfigOption,
  type ListOptions,
  type QueryOptions,
  type ShownOptions,
} from './query-options.js';
import type { SignOptions } from './sign.js';

interface RunOptions extends Flags, ConfigOption {
  readonly demo?: boolean;
}

interface PlanOptions extends ConfigOption {
  readonly sysroot?: string;
  readonly children?: string;
  readonly json?: boolean;
}

interface TopCommandOptions extends QueryOptions {
  readonly delay: string;
}

interface UnitCommandOptions extends ConfigOption {
  readonly user?: string;
}

type Action<T> = (options: T) => void | Promise<void>;

/** Implementation of each command. */
export interface CliActions extends OrderActions {
  readonly run: Action<RunOptions>;
  readonly check: Action<RunOptions>;
  readonly prove: Action<RunOptions & { readonly state: string }>;
  readonly plan: Action<PlanOptions>;
  readonly status: Action<ShownOptions>;
  readonly children: Action<ListOptions>;
  readonly streams: Action<ListOptions>;
  readonly clients: Action<ListOptions>;
  readonly top: Action<TopCommandOptions>;
  readonly unit: Action<UnitCommandOptions>;
  readonly sign: (stream: string, options: SignOptions & ConfigOption) => void | Promise<void>;
}

/** Defines the command line. Prints help itself; `parseArguments` throws usage errors. */
export function buildProgram(actions: CliActions, version: string): Command {
  const program = new Command('srs-supervisor')
    .description('Runs many SRS media servers on one machine as if they were one.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', AFTER_HELP)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  addRun(program, actions);
  addPlan(program, actions);
  addQueries(program, actions);
  addOrders(program, actions);
  addSign(program, actions);
  program
    .command('unit')
    .description('print a systemd service for this installation')
    .option(...CONFIG)
    .option('--user <name>', 'an existing user to run as (default: one made by systemd)')
    .action(actions.unit);
  return program;
}

/**
 * Runs the command named by the arguments (without node and script); resolves when it is done.
 * @throws ERR_USAGE in one line, and errors of the command.
 */
export async function parseArguments(program: Command, args: readonly string[]): Promise<void> {
  if (args.length === 0) {
    const names = commandNames(program).join(', ');
    throw new SupervisorError('ERR_USAGE', `name a command: ${names}; or --help`);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
  }
}

/** Returns the names of the commands for users. */
export function commandNames(program: Command): string[] {
  const shown = program.createHelp().visibleCommands(program);
  return shown.map((command) => command.name()).filter((name) => name !== 'help');
}

const AFTER_HELP = `
Addresses are PORT, IP:PORT or [IP6]:PORT. Flags win over the environment
(SRS_SUPERVISOR_LISTEN_RTMP=1935, …), the environment over the file.
Exit codes: 0 fine, 1 failed while running, 2 bad usage or config.`;

function addRun(program: Command, actions: CliActions): void {
  const run = program.command('run').description('start the children and serve their clients');
  addConfigFlags(run).option('--demo', 'also publish a test stream, live/demo').action(actions.run);
  const check = program
    .command('check')
    .description('list what would fail in the config or on this machine');
  addConfigFlags(check).action(actions.check);
  // For `upgrade`, which runs it beside the program that it is to follow.
  addConfigFlags(program.command('prove', { hidden: true }))
    .option('--demo', 'as with run')
    .requiredOption('--state <file>', 'the state of the running program')
    .action(actions.prove);
}

function addConfigFlags(command: Command): Command {
  return command
    .option(...CONFIG)
    .option('--children <n>', 'how many, or auto: one for each planned CPU')
    .option('--srs <path>', 'the SRS program')
    .option('--workdir <dir>', 'directory of the children: configs, logs, HLS')
    .option('--rtmp <address>', 'RTMP (default: 1935)')
    .option('--http <address>', 'HTTP-FLV, HTTP-TS, HLS (default: 8080)')
    .option('--api <address>', "SRS's HTTP API, WHIP, WHEP (default: 1985)")
    .option('--rtc <address>', 'WebRTC media, UDP and TCP (default: 8000)')
    .option('--srt <address>', 'SRT, UDP (default: 10080)')
    .option('--admin <address>', 'admin port (default: 127.0.0.1:12025)')
    .option('--registry <where>', 'memory, or a redis:// address')
    .option('--relay <engine>', 'auto, native or portable')
    .option('--no-pin', 'do not bind children to CPUs')
    .option('--log-level <level>', 'trace, debug, info, warn, error, silent')
    .option('--log-format <format>', 'auto, text or json (auto: text on a terminal)');
}

function addPlan(program: Command, actions: CliActions): void {
  program
    .command('plan')
    .description('print which child would run on which CPU')
    .option(...CONFIG)
    .option('--sysroot <dir>', 'read the CPUs of another machine from a copy of its /sys')
    .option('--children <n>', 'how many, or auto')
    .option('--json', 'print JSON')
    .action(actions.plan);
}

/** An option whose default is shown as it is typed, without Commander's quotes. */
function preset(flags: string, meaning: string, value: string): Option {
  return new Option(flags, meaning).default(value, value);
}

function addSign(program: Command, actions: CliActions): void {
  program
    .command('sign <stream>')
    .description('print a token for app/stream or vhost/app/stream, and the URLs that have it')
    .option(...CONFIG)
    .option('--role <role>', 'publish or play')
    .addOption(preset('--for <duration>', 'how long it is good: 90s, 15m, 12h, 7d', '1h'))
    .option('--address <ip>', 'the only address that may use it (default: any)')
    .option('--key <id>', 'the key of access.keys that signs (default: the first)')
    .option('--host <name>', 'the host in the URLs (default: that of the port, or of this machine)')
    .option('--json', 'print JSON')
    .action(actions.sign);
}

/** Name, description, keys of `--sort`, filters with their descriptions. */
const LISTS = [
  [
    'children',
    'list the children of a running supervisor',
    CHILDREN,
    [['--state <state>', 'only those in this state: ready, draining, failed, …']],
  ],
  [
    'streams',
    'list the streams of a running supervisor',
    STREAMS,
    [
      ['--child <id>', 'only those of this child'],
      ['--stream <text>', 'only those with this text in their name'],
    ],
  ],
  [
    'clients',
    'list who publishes and plays at a running supervisor',
    CLIENTS,
    [
      ['--child <id>', 'only those of this child'],
      ['--stream <text>', 'only those whose stream has this text in its name'],
      ['--ip <address>', 'only those of this address'],
      ['--role <role>', 'publish, backup or play'],
    ],
  ],
] as const;

function addQueries(program: Command, actions: CliActions): void {
  const status = program.command('status').description('print the state of a running supervisor');
  addShownOptions(status).action(actions.status);
  for (const [name, description, { columns }, filters] of LISTS) {
    const keys = columns.map(({ key }) => key).join(', ');
    const command = addShownOptions(program.command(name).description(description));
    for (const [flags, meaning] of filters) command.option(flags, meaning);
    command
      .option('--sort <key>', `order by ${keys}`)
      .option('--reverse', 'the other way round')
      .option('-n, --limit <n>', 'only the first n')
      .action(actions[name]);
  }
  addAdmin(program.command('top').description('watch a running supervisor on the whole terminal'))
    .addOption(preset('-d, --delay <seconds>', 'time between two looks', '1'))
    .action(actions.top);
}

// Commander's text has a prefix, and a second line with the name that was perhaps meant.
function usageError(error: CommanderError): SupervisorError {
  const message = error.message
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .replace(/\.$/, '');
  return new SupervisorError('ERR_USAGE', `${message}; see srs-supervisor --help`);
}
