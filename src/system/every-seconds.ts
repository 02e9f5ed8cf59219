interface Work {
  /** Ticks between two runs. */
  readonly every: number;
  readonly run: () => void;
}

const TICK_MS = 1_000;

const works = new Set<Work>();
let ticks = 0;
let timer: NodeJS.Timeout | undefined;

/**
 * Runs `run` every so many whole seconds, until the returned function is called. One timer serves
 * all: in an idle process, waking up costs more than most of this work. It does not keep the
 * process alive.
 */
export function everySeconds(seconds: number, run: () => void): () => void {
  const work = { every: seconds, run };
  works.add(work);
  timer ??= setInterval(tick, TICK_MS).unref();
  return () => {
    works.delete(work);
    if (works.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  ticks += 1;
  for (const { every, run } of works) {
    if (ticks % every !== 0) continue;
    try {
      run();
    } catch (error) {
      // As an error of a timer of its own: it is reported, and the others run.
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
