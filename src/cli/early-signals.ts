/**
 * Imported before all else, so that no signal has Node's or the system's default effect while the
 * program is loaded: SIGUSR1 would open Node's inspector to everybody on the machine, and most
 * others would end the process. Imports nothing but Node.
 */
import inspector from 'node:inspector';

/** Signals that a running supervisor handles. */
export const CAUGHT = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
export type CaughtSignal = (typeof CAUGHT)[number];

/** Signals that came before a handler for them existed. */
const early: CaughtSignal[] = [];
const keep = (name: NodeJS.Signals) => void early.push(name as CaughtSignal);

for (const name of CAUGHT) process.on(name, keep);
closeInspector();

/** Stops keeping signals; returns those that came, in their order. */
export function takeEarlySignals(): CaughtSignal[] {
  for (const name of CAUGHT) process.off(name, keep);
  return early.splice(0);
}

/** Closes an inspector that a signal opened before this module was loaded. */
export function closeInspector(): void {
  const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  if (inspector.url() !== undefined && !options.includes('--inspect')) inspector.close();
}
