import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect, type Surroundings } from '../check/inspect.js';
import { secretsOf } from '../check/secrets.js';
import { formatAddress, nearAddress } from '../config/address.js';
import type { Config } from '../config/config.js';
import { changeLevel, createLogger, type Logger } from '../logging/logger.js';
import type { LogSink } from '../logging/sink.js';
import type { TakenRelay } from '../supervisor/kept-pairs.js';
import { Supervisor } from '../supervisor/supervisor.js';
import type { ProgramCall } from '../upgrade/exec.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { renderBanner } from './banner.js';
import { SystemdNotifier } from './notify.js';
import { Orders } from './orders.js';
import { type Output, ProgressLine, terminalWidth } from './output.js';
import { nearPath, ownCommand } from './own-command.js';
import { RunningList } from './running.js';
import type { SignalActions } from './signals.js';
import { Unforeseen } from './unforeseen.js';
import { wrappedLines } from './wrap.js';

/** Milliseconds for the last lines of a program that another one follows. */
const LAST_LINES_MS = 1000;
/** Columns of a log line's time on a terminal. */
const TIME = 9;

export interface RunContext extends Surroundings {
  readonly stdout: Output;
  readonly stderr: LogSink;
  /** Current folder of the user. */
  readonly cwd: string;
  /** Publish our clip as `live/demo`. */
  readonly demo: boolean;
  /** State that another program has left in this process; null: there was none. */
  readonly inheritance: Inheritance | null;
  readonly taken: TakenRelay | null;
  readonly call: ProgramCall;
  /** Ends the process at once. */
  readonly abandon: () => void;
  /** Reads the configuration as it is now. @throws ERR_CONFIG */
  readonly readConfig: () => Promise<Config>;
  /** Gives signals these effects from now on. */
  readonly onSignals: (actions: SignalActions) => void;
}

/**
 * Starts everything and serves until it is told to stop; resolves when all has ended. Rejects with
 * SupervisorError if it cannot start.
 */
export async function run(config: Config, context: RunContext): Promise<void> {
  const { env, stderr, demo, inheritance, taken, call, abandon } = context;
  const progress = new ProgressLine(stderr);
  const { logger, renewLog } = openLogger(config, context, progress);
  const orders = openOrders(context, logger);
  const systemd = new SystemdNotifier(env, logger);
  const { stopping } = orders;
  progress.show('looking at configuration and machine');
  const isOpen = inheritance !== null;
  const { findings, prepared } = await inspect(config, { ...context, isOpen });
  if (prepared === null) throw findings.error ?? new Error('not prepared, though nothing failed');
  for (const warning of findings.warnings) logger.warn(warning);

  const onProgress = (done: number, total: number) => {
    const text = `starting children: ${done} of ${total}`;
    progress.show(text);
    void systemd.starting(text);
  };
  const unforeseen = new Unforeseen(logger);
  const counts = () => ({ unforeseenErrors: unforeseen.count, logLinesDropped: stderr.dropped });
  const hide = (text: string) => context.redactor.hideKnown(text);
  const readConfig = () => readAgain(context);
  const supervisor = await Supervisor.open({
    ...{ prepared, logger, onProgress, demo, counts, hide, readConfig, renewLog },
    ...{ inheritance, taken, call, abandon },
    flushLog: async () => void (await stderr.drain(LAST_LINES_MS)),
  });
  stopping.addEventListener('abort', () => void supervisor.close(), { once: true });
  // The signal may have come while configuration and machine were checked.
  if (stopping.aborted) await supervisor.close();
  await supervisor
    .start()
    .catch((error: unknown) => {
      if (!stopping.aborted) throw error;
    })
    .finally(() => progress.show(''));
  unforeseen.install();
  const forget = await announce(supervisor, config, context);
  await greet(supervisor, { ...context, config, logger });
  if (!stopping.aborted) await systemd.tell('READY=1', 'STATUS=serving');
  systemd.startWatchdog();
  orders.serves(supervisor);
  if (inheritance?.handover.isEnding) orders.end();
  if (!stopping.aborted) await once(stopping, 'abort');
  await forget();
  await Promise.all([supervisor.close(), systemd.tell('STOPPING=1')]);
  logger.info('stopped');
}

function openLogger({ log }: Config, context: RunContext, progress: ProgressLine) {
  const { stderr, redactor } = context;
  // Lines of the log break between words behind their time.
  const fit = (text: string) => wrappedLines(text, terminalWidth(stderr), TIME);
  const target = {
    people: isText(log, stderr),
    write: (text: string) => progress.above(fit(redactor.hide(text))),
  };
  const logger = createLogger(log.level, target);
  stderr.onGap = (lines) =>
    logger.warn({ lines }, 'log lines were dropped here, which nobody took in time');
  const renewLog = (renewed: Config['log']) => {
    target.people = isText(renewed, stderr);
    changeLevel(logger, renewed.level);
  };
  return { logger, renewLog };
}

/** Reads the configuration for a reload; its secrets are hidden from then on. */
async function readAgain({ readConfig, redactor }: RunContext): Promise<Config> {
  const config = await readConfig();
  redactor.learn(secretsOf(config));
  return config;
}

function openOrders(context: RunContext, logger: Logger): Orders {
  const { stderr, onSignals } = context;
  const orders = new Orders({ reopenLog: () => stderr.reopen(), logger });
  onSignals(orders);
  return orders;
}

/** Returns whether the log shall be text for people rather than JSON. */
function isText({ format }: Config['log'], { isTTY = false }: Output): boolean {
  return format === 'auto' ? isTTY : format === 'text';
}

/**
 * Records this supervisor so that `status`, `children` and `streams` find it. Returns a function
 * that removes the record.
 */
async function announce(
  supervisor: Supervisor,
  { workDir }: Config,
  { env }: RunContext,
): Promise<() => Promise<void>> {
  const { listeners } = supervisor.view.status();
  const admin = listeners.find(({ name }) => name === 'admin')?.address;
  if (admin === undefined) return async () => {};
  // Without a record they ask the configured port.
  return new RunningList(env).add(workDir, admin).catch(() => async () => {});
}

interface Greeting extends RunContext {
  readonly config: Config;
  readonly logger: Logger;
}

/** Logs that it serves, and prints the banner; does nothing if it has been stopped meanwhile. */
async function greet(supervisor: Supervisor, greeting: Greeting): Promise<void> {
  const { env, stdout, demo, config, logger, cwd, packageRoot } = greeting;
  const bound = supervisor.address('rtmp');
  const web = supervisor.address('http');
  if (bound === null) return;
  const rtmp = reachable(bound);
  const status = supervisor.view.status();
  const children = supervisor.view.children();
  const http = web && reachable(web);
  const { version, srs } = status;
  const what = { version, srs: `${srs.kind} ${srs.version}`, relay: status.relay.engine };
  logger.info({ rtmp, http, children: status.children.ready, ...what }, 'serving');
  if (isText(config.log, stdout) && greeting.inheritance === null) {
    const pages = config.http.dir === null ? '/' : '/players/';
    const command = ownCommand({ env, cwd, packageRoot });
    const clip = nearPath(cwd, join(packageRoot, 'examples/demo.flv'));
    const admin = reachable(supervisor.adminAddress());
    const facts = { status, children, rtmp, http, admin, demo, pages, command, clip };
    stdout.write(`${renderBanner(facts)}\n`);
  }
}

/** Returns the address for a client on this machine. */
function reachable({ address: host, port }: AddressInfo): string {
  return formatAddress(nearAddress({ host, port }));
}
