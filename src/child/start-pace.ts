/** How busy the machine has been since the last look. */
export interface MachineSigns {
  /** Share of the time, 0 to 1, in which work waited for a CPU; null: the system does not tell. */
  readonly waiting: number | null;
  /** Threads that run or wait for a CPU now, for each CPU. */
  readonly runnable: number;
  /** Milliseconds by which our own event loop was late. */
  readonly lateMs: number;
}

/** Fewest and most children that start at the same time. */
export interface WaveLimits {
  readonly least: number;
  readonly most: number;
}

/** A starting child uses a whole CPU, so work waits often even where nobody is starved. */
const WAITING = { calm: 0.6, busy: 0.9 };
const RUNNABLE = { calm: 1.5, busy: 3 };
/** Clients of this box wait as long as our event loop is late. */
const LATE_MS = { calm: 50, busy: 150 };

/**
 * Returns how many children may start at the same time from now on: half as many on a busy machine,
 * a quarter more on a calm one.
 */
export function nextWidth(width: number, signs: MachineSigns, limits: WaveLimits): number {
  const wanted = isBusy(signs) ? width / 2 : isCalm(signs) ? width + Math.max(1, width / 4) : width;
  return Math.max(limits.least, Math.min(limits.most, Math.floor(wanted)));
}

function isBusy({ waiting, runnable, lateMs }: MachineSigns): boolean {
  if (lateMs >= LATE_MS.busy) return true;
  return waiting === null ? runnable >= RUNNABLE.busy : waiting >= WAITING.busy;
}

function isCalm({ waiting, runnable, lateMs }: MachineSigns): boolean {
  if (lateMs > LATE_MS.calm) return false;
  return waiting === null ? runnable <= RUNNABLE.calm : waiting <= WAITING.calm;
}
