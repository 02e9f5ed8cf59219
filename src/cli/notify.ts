import type { Logger } from '../logging/logger.js';
import { loadPosix } from '../system/posix.js';
import { runProgram } from '../system/run-program.js';

/** Shortest time between two watchdog messages, in milliseconds. */
const MIN_BEAT_MS = 100;
/** Least milliseconds between two words about a start, and the time that each asks for. */
const PROGRESS_MS = 1_000;
const MORE_TIME = 'EXTEND_TIMEOUT_USEC=120000000';

/**
 * Tells systemd the state of the service (sd_notify(3)) if $NOTIFY_SOCKET is set; else does
 * nothing. Sends the datagram itself, or by `systemd-notify` where koffi has no build.
 */
export class SystemdNotifier {
  readonly #env: NodeJS.ProcessEnv;
  readonly #logger: Logger;
  readonly #now: () => number;
  #progressAt = Number.NEGATIVE_INFINITY;

  constructor(env: NodeJS.ProcessEnv, logger: Logger, now = () => performance.now()) {
    this.#env = env;
    this.#logger = logger;
    this.#now = now;
  }

  /** Sends assignments (`READY=1`, `STOPPING=1`, `STATUS=…`). A failure is logged. */
  async tell(...assignments: readonly string[]): Promise<void> {
    const { NOTIFY_SOCKET: path } = this.#env;
    if (!path) return;
    const posix = await loadPosix();
    const reason = posix
      ? posix.sendUnix(path, assignments.join('\n'))
      : await this.#tellByProgram(path, assignments);
    if (reason !== '') this.#logger.warn({ path, reason }, 'systemd was not told');
  }

  /**
   * Tells how far a start is, at most once a second. Hundreds of children may take longer than the
   * unit allows, so each word asks for more time.
   */
  async starting(what: string): Promise<void> {
    const now = this.#now();
    if (now - this.#progressAt < PROGRESS_MS) return;
    this.#progressAt = now;
    await this.tell(`STATUS=${what}`, MORE_TIME);
  }

  /**
   * Sends `WATCHDOG=1` at half the time that the unit's WatchdogSec gives. The timer is the event
   * loop's, so a loop that hangs sends nothing and systemd restarts the service.
   */
  startWatchdog(): void {
    const limitMs = watchdogMs(this.#env);
    if (limitMs === null) return;
    const beat = () => void this.tell('WATCHDOG=1');
    beat();
    setInterval(beat, Math.max(MIN_BEAT_MS, limitMs / 2)).unref();
  }

  async #tellByProgram(path: string, assignments: readonly string[]): Promise<string> {
    const { PATH } = this.#env;
    const env = { NOTIFY_SOCKET: path, ...(PATH === undefined ? {} : { PATH }) };
    const outcome = await runProgram(['systemd-notify', ...assignments], { env });
    if (outcome.exitCode === 0) return '';
    return outcome.output.trim() || outcome.failure || `exit code ${outcome.exitCode}`;
  }
}

/** Returns the watchdog's time in milliseconds (sd_watchdog_enabled(3)); null: not for us. */
export function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | null {
  if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid) return null;
  const ms = Number(WATCHDOG_USEC) / 1000;
  return ms > 0 ? ms : null;
}
