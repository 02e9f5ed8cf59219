/**
 * The room `origin/`: mini-srs, the embedded origin: a program of its own.
 * May import: protocol, srs-conf.
 */

import { appendFileSync, readFileSync } from 'node:fs';
import { codeOf, messageOf } from '../errors.js';
import { parseConf } from '../srs-conf/parse.js';
import { type OriginConf, readConf } from './conf/conf.js';
import { SIGNATURE, VERSION } from './identity.js';
import { createLog, type Log, type LogLevel } from './log.js';
import { takePidFile } from './pid-file.js';
import type { Origin } from './server.js';

/** SRS's exit codes: its error codes modulo 256. */
const EXIT = { config: 255, pidFile: 10, pidLocked: 11, portTaken: 234 } as const;

const MAIN = 'main';
const PARENT_MS = 1_000;

const HELP = `${SIGNATURE}, the embedded origin of srs-supervisor

Usage: mini-srs <-h?vVgG>|<[-t] -c filename>
Options:
   -?, -h, --help      : Show this help and exit 0.
   -v, -V, --version   : Show version and exit 0.
   -g, -G              : Show server signature and exit 0.
   -t                  : Test configuration file, exit with error code(0 for success).
   -c filename         : Use config file to start server.
`;

const TEXTS: Readonly<Record<string, string>> = {
  '-h': HELP,
  '-?': HELP,
  '--help': HELP,
  '-v': `${VERSION}\n`,
  '-V': `${VERSION}\n`,
  '--version': `${VERSION}\n`,
  '-g': `${SIGNATURE}\n`,
  '-G': `${SIGNATURE}\n`,
};

/** Prints a text. A failed write is ignored: the reader may have died with our parent. */
function print(text: string): void {
  process.stdout.write(text);
}

function openLog(level: LogLevel, file: string | null): Log {
  return createLog(level, file === null ? print : (line) => appendFileSync(file, line));
}

/** Returns the soft limit of open files, which Node has raised to the hard one. */
function maxOpenFiles(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function loadConf(file: string): OriginConf {
  return readConf(parseConf(readFileSync(file, 'utf8')), maxOpenFiles());
}

function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}

async function main(args: readonly string[]): Promise<void> {
  process.stdout.on('error', () => {});
  const text = args.map((arg) => TEXTS[arg]).find((known) => known !== undefined);
  const file = option(args, '-c');
  if (text !== undefined || file === undefined) return print(text ?? HELP);
  const log = openLog('INFO', null);
  log.info(MAIN, `XCORE-${SIGNATURE}`);
  try {
    const conf = loadConf(file);
    log.info(MAIN, `config file ${file} is ok`);
    if (!args.includes('-t')) await run(conf, file);
  } catch (error) {
    log.error(MAIN, `invalid config: ${messageOf(error)} in ${file}`);
    process.exitCode = EXIT.config;
  }
}

async function run(conf: OriginConf, file: string): Promise<void> {
  const log = openLog(conf.log.level, conf.log.file);
  if (!claimPidFile(conf, file, log)) return;
  for (const name of conf.unserved) {
    log.warn(MAIN, `mini-srs accepts '${name}' and does not act on it; the real SRS does`);
  }
  // Loaded late, because a config test needs no server.
  const { Origin } = await import('./server.js');
  const origin = new Origin(conf, log);
  onSignals(origin, log);
  if (conf.asProcess) watchParent(log);
  try {
    await origin.start();
  } catch (error) {
    log.error(MAIN, `listen failed: ${messageOf(error)}`);
    process.exit(codeOf(error) === 'EADDRINUSE' ? EXIT.portTaken : EXIT.config);
  }
}

function claimPidFile({ pidFile }: OriginConf, confFile: string, log: Log): boolean {
  try {
    if (takePidFile(pidFile, confFile)) return true;
    log.error(MAIN, `srs is already running, pid file ${pidFile}`);
    process.exitCode = EXIT.pidLocked;
  } catch (error) {
    log.error(MAIN, `pid file: ${messageOf(error)}`);
    process.exitCode = EXIT.pidFile;
  }
  return false;
}

function onSignals(origin: Origin, log: Log): void {
  const quit = (signal: NodeJS.Signals): void => {
    log.info(MAIN, `sig=${signal}, user terminate program, fast quit`);
    void origin.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', quit).once('SIGINT', quit).once('SIGQUIT', quit);
  process.on('SIGHUP', () => log.warn(MAIN, 'SIGHUP: mini-srs does not reload, restart it'));
  // Without a handler Node opens its inspector.
  process.on('SIGUSR1', () => log.info(MAIN, 'SIGUSR1: each line opens the log file anew'));
}

/** `asprocess on`: exits when the parent process has died. */
function watchParent(log: Log): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    log.warn(MAIN, `parent process ${parent} died, quit`);
    process.exit(0);
  }, PARENT_MS).unref();
}

await main(process.argv.slice(2));
