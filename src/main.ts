/** The program. ARCHITECTURE.md describes its parts. */
import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { EventsOrder } from './cli/events.js';
import type { FollowOptions } from './cli/follow.js';
import { handedOver } from './cli/handed-over.js';
import { orGoBack } from './cli/inherited.js';
import type { LogsOrder } from './cli/logs.js';
import type { Order } from './cli/operate.js';
import { CLEAR, sizeOf, terminalWidth } from './cli/output.js';
import { paintFor } from './cli/paint.js';
import { buildProgram, type CliActions, parseArguments } from './cli/program.js';
import { type Query, runQuery } from './cli/query.js';
import type { ListOptions, QueryOptions } from './cli/query-options.js';
import { jsonLine, reportOf, wantsJson } from './cli/report.js';
import { adminOf, type Running, RunningList } from './cli/running.js';
import { handleSignals, leaveSignalsToSystem, untilInterrupted } from './cli/signals.js';
import { endAtUnforeseen } from './cli/unforeseen.js';
import { watch, watchSeconds } from './cli/watch.js';
import { wrappedLines } from './cli/wrap.js';
import { formatAddress } from './config/address.js';
import type { Address, Config } from './config/config.js';
import { loadConfig } from './config/load.js';
import { planCpus } from './cpu/plan.js';
import { planJson, renderPlan } from './cpu/render.js';
import { readTopology } from './cpu/topology.js';
import { codeOf, SupervisorError } from './errors.js';
import { Redactor, redactWord } from './logging/redact.js';
import { openLog, openOutput } from './logging/sink.js';
import { PACKAGE_ROOT, VERSION } from './version.js';

const { env } = process;
/** In the working directory, as the Go proxy has it. */
const dotenv = '.env';
const redactor = new Redactor();
const around = { env, packageRoot: PACKAGE_ROOT, argv: process.argv, redactor };
const stdout = openOutput();
const stderr = openLog();
/** Milliseconds that the end of a run waits for a reader that does not read. */
const LAST_LINES_MS = 1000;
const DEFAULT_ADMIN = '127.0.0.1:12025';
/** bin/ says why a module cannot be loaded. */
let loadFailure: unknown = null;
/**
 * Errors of `run` are written as lines of its JSON log. Until the configuration is read, flag and
 * environment tell.
 */
let errorsAreJson = wantsJson(process.argv.slice(2), env);

async function query(kind: Query['kind'], options: ListOptions) {
  const { json = false, sort, reverse, limit, child, stream, state, ip, role } = options;
  const seconds = watchSeconds(options.watch);
  if (json && seconds !== null) {
    throw new SupervisorError('ERR_USAGE', '--watch: not with --json; ask again for each');
  }
  const port = await adminPort(options);
  const choice = { sort, reverse, limit, filters: { child, stream, state, ip, role } };
  const paint = paintFor(stdout, env);
  const look = () =>
    runQuery({ kind, choice, port, json, screen: { width: terminalWidth(stdout), paint } });
  if (seconds === null) stdout.write(await look());
  else await watch(look, { stdout, seconds, size: terminalSize, interrupted: untilInterrupted() });
}

async function order(order: Order, options: QueryOptions) {
  const { operate } = await load(import('./cli/operate.js'));
  await operate(order, await followOptions(options));
}

async function followOptions(options: QueryOptions): Promise<FollowOptions> {
  const port = await adminPort(options);
  const width = terminalWidth(stdout);
  const { json = false } = options;
  return { port, stdout, json, width, interrupted: untilInterrupted() };
}

async function logs(order: LogsOrder, options: QueryOptions) {
  const port = await adminPort(options);
  const { showLogs } = await load(import('./cli/logs.js'));
  const { workDir } = port;
  await showLogs(order, { port, workDir, stdout, interrupted: untilInterrupted() });
}

async function events(order: EventsOrder, options: QueryOptions) {
  const port = await adminPort(options);
  const { showEvents } = await load(import('./cli/events.js'));
  const { json = false } = options;
  await showEvents(order, { port, stdout, json, interrupted: untilInterrupted() });
}

/** The supervisor that is meant, and its work directory. */
async function adminPort({ config, admin }: QueryOptions) {
  const flags = admin === undefined ? {} : { admin };
  const loaded = await loadConfig({ flags, env, dotenv, file: config });
  const running = await new RunningList(env).list();
  const address = adminAddress(loaded, admin !== undefined, running);
  const here = running.find((one) => one.admin === formatAddress(address));
  return { address, token: loaded.admin.token, workDir: here?.workDir ?? loaded.workDir };
}

/** Size of the terminal; null: the output is none. */
function terminalSize() {
  const { isTTY = false } = stdout;
  return isTTY ? sizeOf(process.stdout) : null;
}

/** The named one, else that of the supervisor which this user runs here, else the default. */
function adminAddress(
  { listen, workDir }: Config,
  isNamed: boolean,
  running: readonly Running[],
): Address {
  if (isNamed || formatAddress(listen.admin) !== DEFAULT_ADMIN) return listen.admin;
  const found = adminOf(running, workDir);
  if (typeof found === 'string') throw new SupervisorError('ERR_USAGE', found);
  return found ?? listen.admin;
}

/** Returns a module that few commands need, so that the others start sooner. */
async function load<T>(module: Promise<T>): Promise<T> {
  return module.catch((error) => {
    loadFailure = error;
    throw error;
  });
}

const actions: CliActions = {
  run: async ({ config: file, demo = false, ...flags }) => {
    const { inheritance = null, relay: taken = null } = handedOver ?? {};
    const readConfig = () => loadConfig({ flags, env, dotenv, file });
    await orGoBack(inheritance, async () => {
      const { runsBy } = await load(import('./supervisor/runs-by.js'));
      const { config, template } = await runsBy(inheritance?.handover ?? null, readConfig);
      const { run } = await load(import('./cli/run.js'));
      errorsAreJson = config.log.format === 'json';
      const onSignals = handleSignals;
      const output = { stdout, stderr };
      const cwd = process.cwd();
      const [, script = '', ...words] = process.argv;
      const call = { script, words, env };
      const abandon = () => process.exit(1);
      const given = { configFile: file, template, cwd, demo, inheritance, taken, call, abandon };
      await run(config, { ...around, ...given, ...output, readConfig, onSignals });
    });
  },
  prove: async ({ config: file, state, demo: _, ...flags }) => {
    const read = () => loadConfig({ flags, env, dotenv, file });
    const { provenBy } = await load(import('./cli/prove.js'));
    stdout.write(await provenBy(state, read, { ...around, configFile: file }));
  },
  check: async ({ config: file, ...flags }) => {
    const config = await loadConfig({ flags, env, dotenv, file });
    const { check } = await load(import('./cli/check.js'));
    const screen = { width: terminalWidth(stdout), paint: paintFor(stdout, env) };
    const { text, passed } = await check(config, { ...around, configFile: file }, screen);
    stdout.write(`${redactor.hide(text)}\n`);
    process.exitCode = passed ? 0 : 2;
  },
  plan: async ({ config: file, sysroot, json = false, ...flags }) => {
    const { children, cpu } = await loadConfig({ flags, env, dotenv, file });
    if (sysroot !== undefined && !existsSync(join(sysroot, 'sys'))) {
      const text = `--sysroot: ${sysroot} has no folder sys; name a copy of a machine's file system`;
      throw new SupervisorError('ERR_USAGE', text);
    }
    const topology = readTopology(sysroot);
    const plan = planCpus(topology, { count: children.count, reserve: cpu.reserve, smt: cpu.smt });
    const text = json
      ? JSON.stringify(planJson(plan, topology), null, 2)
      : renderPlan(plan, topology);
    stdout.write(`${text.trimEnd()}\n`);
  },
  status: (options) => query('status', options),
  children: (options) => query('children', options),
  streams: (options) => query('streams', options),
  clients: (options) => query('clients', options),
  order,
  events,
  logs,
  upgrade: async (order, options) => {
    const { upgrade } = await load(import('./cli/upgrade.js'));
    await upgrade(order, await followOptions(options));
  },
  reload: async (order, options) => {
    const { reload } = await load(import('./cli/reload.js'));
    await reload(order, await followOptions(options));
  },
  top: async ({ delay, ...options }) => {
    const { top, secondsOf } = await load(import('./cli/top/top.js'));
    const [input, output] = [process.stdin, process.stdout];
    const [seconds, port] = [secondsOf(delay), await adminPort(options)];
    const hasColours = (env.NO_COLOR ?? '') === '' && output.isTTY && output.hasColors();
    await top({ port, input, output, hasColours, seconds, interrupted: untilInterrupted() });
  },
  sign: async (stream, { config: file, ...options }) => {
    const config = await loadConfig({ env, dotenv, file });
    const { sign } = await load(import('./cli/sign.js'));
    stdout.write(`${sign(stream, options, config, Date.now())}\n`);
  },
  unit: async ({ config: configPath, user }) => {
    const script = `${PACKAGE_ROOT}/bin/srs-supervisor.js`;
    const { renderUnit } = await load(import('./cli/unit.js'));
    const { unitNeeds } = await load(import('./cli/unit-needs.js'));
    const paths = { execPath: process.execPath, script, configPath, user };
    renderUnit(paths);
    stdout.write(renderUnit({ ...paths, needs: await unitNeeds(configPath, user) }));
  },
};

function report(error: unknown): void {
  const { text, exitCode } = reportOf(error);
  // A start on a terminal has said something already, on this line.
  const clear = isRun && stderr.isTTY ? CLEAR : '';
  const shown = redactor.hide(text);
  stderr.write(isRun && errorsAreJson ? jsonLine(shown) : clear + forPeople(shown));
  process.exitCode = exitCode;
}

function forPeople(text: string): string {
  return `${wrappedLines(`srs-supervisor: ${text}`, terminalWidth(stderr))}\n`;
}

/** Waits for the readers of our output: without limit for a command's output, else for a second. */
async function finish(isRun: boolean): Promise<void> {
  const failure = await stdout.drain(isRun ? LAST_LINES_MS : undefined);
  // A reader that has closed early (`| head`) needs no message.
  if (!isRun && codeOf(failure) === 'EPIPE') process.exitCode = 1;
  else if (!isRun && failure !== null) report(failure);
  await stderr.drain(LAST_LINES_MS);
}

/** Hides secrets in the command line, which `ps` shows to every user. */
function hideArguments(): void {
  const words = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
  const shown = words.map(redactWord);
  if (shown.join() !== words.join()) process.title = shown.join(' ');
}

/** Closes lost terminals at exit: Node resets its terminal then, and aborts if that is gone. */
function leaveClosedTerminals(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

leaveClosedTerminals();
hideArguments();
const args = process.argv.slice(2);
const isRun = args[0] === 'run';
if (!isRun) leaveSignalsToSystem();
endAtUnforeseen((error) => {
  report(error);
  void finish(true).then(() => process.exit());
});
await parseArguments(buildProgram(actions, VERSION), args).catch((error) => {
  if (error === loadFailure) throw error;
  report(error);
});
await finish(isRun);
