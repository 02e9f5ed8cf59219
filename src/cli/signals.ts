import { CAUGHT, type CaughtSignal, closeInspector, takeEarlySignals } from './early-signals.js';

/** Effects of signals on `run`. None of these throws. */
export interface SignalActions {
  /** Ends clients and children in order, then the process. */
  end(): void;
  /** Accepts no more clients, waits until all have left, then ends. */
  drain(): void;
  /** Reads configuration, template and certificate again. */
  reload(): void;
  /** Continues in new log files. */
  reopenLogs(): void;
  /** Replaces the program by another version in place. */
  upgrade(): void;
}

/** Effect of each signal; docs/signals.md explains them. */
const ACTIONS: Readonly<Record<CaughtSignal, keyof SignalActions>> = {
  SIGINT: 'end',
  SIGTERM: 'end',
  SIGQUIT: 'drain',
  SIGHUP: 'reload',
  SIGUSR1: 'reopenLogs',
  SIGUSR2: 'upgrade',
};

/** Handles signals by the table, early ones first. A second `end` exits at once. */
export function handleSignals(actions: SignalActions): void {
  let isEnding = false;
  const handle = (name: NodeJS.Signals) => {
    const action = ACTIONS[name as CaughtSignal];
    if (action === 'end' && isEnding) process.exit(1);
    isEnding ||= action === 'end';
    actions[action]();
  };
  const early = takeEarlySignals();
  for (const name of CAUGHT) process.on(name, handle);
  for (const name of early) handle(name);
  closeInspector();
}

/**
 * Restores the system's effects, for commands that only query or print; SIGUSR1 stays ignored,
 * because it would open the inspector.
 */
export function leaveSignalsToSystem(): void {
  const early = takeEarlySignals();
  process.on('SIGUSR1', () => {});
  const [first] = early.filter((name) => name !== 'SIGUSR1');
  if (first !== undefined) process.kill(process.pid, first);
}

/** Returns a signal that aborts at Ctrl-C and the like, from now on; a second one ends us. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => interrupted.abort());
  }
  return interrupted.signal;
}
