import { CAUGHT, type CaughtSignal, closeInspector, takeEarlySignals } from './early-signals.js';

/** What `run` can be asked by a signal. None of these throws. */
export interface SignalActions {
  /** End clients and children in order, then the process. */
  end(): void;
  /** Let nobody in, wait for those who are there, then end. */
  drain(): void;
  /** Read config, template and certificate again. */
  reload(): void;
  /** Go on in new log files. */
  reopenLogs(): void;
  /** Become another version in place. */
  upgrade(): void;
}

/** The one table of signals; docs/signals.md is its long form. */
const ACTIONS: Readonly<Record<CaughtSignal, keyof SignalActions>> = {
  SIGINT: 'end',
  SIGTERM: 'end',
  SIGQUIT: 'drain',
  SIGHUP: 'reload',
  SIGUSR1: 'reopenLogs',
  SIGUSR2: 'upgrade',
};

/** Handles signals by the table, early ones first. A second end is at once. */
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

/** For commands that only query or print: any signal ends them, but the inspector's. */
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
