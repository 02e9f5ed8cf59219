import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** Tells the share of time in which work waited for a CPU, from one look to the next. */
export class CpuPressure {
  readonly #read: () => string;
  #waitedUs: number | null;
  #at = performance.now();

  /** `read`: returns the text of Linux's /proc/pressure/cpu; '' where there is none. */
  constructor(read = () => textOf('/proc/pressure/cpu')) {
    this.#read = read;
    this.#waitedUs = waitedUs(read());
  }

  /** Returns the share since the last look, 0 to 1; null where the system does not tell. */
  look(now = performance.now()): number | null {
    const [before, elapsedUs] = [this.#waitedUs, 1000 * (now - this.#at)];
    this.#waitedUs = waitedUs(this.#read());
    this.#at = now;
    if (before === null || this.#waitedUs === null || elapsedUs <= 0) return null;
    return Math.min(1, (this.#waitedUs - before) / elapsedUs);
  }
}

/** Returns the threads that run or wait for a CPU, for each CPU: now, or on a minute's average. */
export function runnablePerCpu(text = textOf('/proc/loadavg')): number {
  const running = /^(?:\S+ ){3}(\d+)\//.exec(text)?.[1];
  return Number(running ?? loadavg()[0]) / availableParallelism();
}

/** Reads `some … total=N`, microseconds. */
function waitedUs(text: string): number | null {
  const total = /^some .*\btotal=(\d+)/m.exec(text)?.[1];
  return total === undefined ? null : Number(total);
}

/** Kernels without pressure information have the file, too, and cannot read it. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
