import { availableParallelism } from 'node:os';
import type { LoopClock } from '../clock/loop.js';
import type { Logger } from '../logging/logger.js';
import { CpuPressure, runnablePerCpu } from '../system/cpu-load.js';
import { nextWidth, type WaveLimits } from './start-pace.js';

/** A child to be started. */
interface Startable {
  readonly id: string;
  /** Resolves, never rejects, when it is ready or given up for now. */
  start(): Promise<void>;
  status(): { readonly state: string };
}

export interface WaveOptions {
  /** Number of children that start at the same time; default: as many as the machine bears. */
  readonly width?: number | undefined;
  readonly loop: Pick<LoopClock, 'lateSince'>;
  readonly logger: Logger;
}

/** Milliseconds after which a start holds no other one up: it waits for more than a CPU. */
const SLICE_MS = 10_000;
/** Milliseconds that all wait for the last ones, which fail or are slow. */
const LAST_MS = 10_000;
/** Least milliseconds between two looks at the machine. */
const LOOK_MS = 250;
/** Milliseconds between two lines about a long start. */
const TOLD_MS = 5_000;

const LEFT_BEHIND = 'children are not ready yet: the others serve without them';

/**
 * Starts children in waves that follow the load of the machine, so that neither what it serves
 * already nor the children themselves starve. One that fails or is slow holds no other one up.
 */
export class StartWave {
  readonly #options: WaveOptions;
  readonly #limits: WaveLimits;
  readonly #pressure = new CpuPressure();
  readonly #waiting: (() => void)[] = [];
  /** Ends the turn of each child that starts now. */
  readonly #turns = new Map<string, () => void>();
  #width: number;
  #lookedAt = performance.now();

  constructor(options: WaveOptions) {
    const cpus = availableParallelism();
    const { width } = options;
    const own = { least: Math.max(2, Math.ceil(cpus / 2)), most: Math.max(8, 2 * cpus) };
    this.#options = options;
    this.#limits = width === undefined ? own : { least: width, most: width };
    this.#width = width ?? Math.max(2, cpus);
  }

  /** Starts one child in its turn. Resolves, never rejects, when it is ready or given up. */
  async start(child: Startable): Promise<void> {
    const end = await this.#begin(child.id);
    await child.start();
    end();
  }

  /** Notes that a child is ready, or that its process has ended: the next one may start. */
  done(id: string): void {
    this.#turns.get(id)?.();
  }

  /**
   * Starts children, as long as `goesOn` returns true. Resolves when each is ready or given up, and
   * also when only few are left that do not get ready and another one serves.
   */
  async startAll(
    children: Iterable<Startable>,
    onProgress: (done: number, total: number) => void,
    goesOn: () => boolean,
  ): Promise<void> {
    const all = [...children];
    const left = new Set(all);
    const told = this.#tellProgress(onProgress, all.length);
    const starts: Promise<void>[] = [];
    for (const child of all) {
      const end = await this.#begin(child.id);
      const started = goesOn() ? child.start() : Promise.resolve();
      const over = started.then(() => {
        left.delete(child);
        told.done(all.length - left.size);
        end();
      });
      starts.push(over);
    }
    await untilServing(Promise.all(starts), all);
    told.end();
    if (left.size === 0 || !goesOn()) return;
    const ids = Array.from(left, ({ id }) => id);
    this.#options.logger.warn({ children: ids.slice(0, 10), count: ids.length }, LEFT_BEHIND);
  }

  /** Resolves in the child's turn, with a function that ends it. */
  async #begin(id: string): Promise<() => void> {
    while (this.#turns.size >= this.#width) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    const end = () => {
      clearTimeout(slice);
      if (this.#turns.get(id) !== end) return;
      this.#turns.delete(id);
      this.#look();
      for (const next of this.#waiting.splice(0)) next();
    };
    const slice = setTimeout(end, SLICE_MS);
    this.#turns.set(id, end);
    return end;
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    const lateMs = this.#options.loop.lateSince(this.#lookedAt);
    const signs = { waiting: this.#pressure.look(now), runnable: runnablePerCpu(), lateMs };
    this.#width = nextWidth(this.#width, signs, this.#limits);
    this.#lookedAt = now;
    this.#options.logger.debug({ ...signs, width: this.#width }, 'pace of the start');
  }

  /** Tells how many children are started, until `end`; a long start is logged as well. */
  #tellProgress(onProgress: (done: number, total: number) => void, total: number) {
    let saidAt = performance.now();
    let isOver = false;
    const done = (count: number) => {
      if (isOver) return;
      onProgress(count, total);
      const now = performance.now();
      if (now - saidAt < TOLD_MS || count === total) return;
      saidAt = now;
      this.#options.logger.info(`started ${count} of ${total} children`);
    };
    const end = () => {
      isOver = true;
    };
    return { done, end };
  }
}

/** Resolves with `starts`, or some seconds later if others serve then. */
async function untilServing(starts: Promise<unknown>, all: readonly Startable[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    const look = () => {
      if (all.some((child) => child.status().state === 'ready')) resolve();
      else timer = setTimeout(look, LAST_MS);
    };
    timer = setTimeout(look, LAST_MS);
  });
  await Promise.race([starts, late]);
  clearTimeout(timer);
}
