import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from '../logging/logger.js';
import { everySeconds } from './every-seconds.js';
import { GarbageWatch } from './garbage-watch.js';
import { loadPosix } from './posix.js';
import { residentBytes } from './resident-bytes.js';

const LOOK_SECONDS = 5;
const MB = 1e6;

/**
 * Returns memory to the system after a flood. V8 collects garbage as a program allocates, so a calm
 * box would keep a flood's garbage for hours, and before its first collection V8 lets the heap grow
 * to half a GB. This collects before clients are accepted, and whenever the control thread is calm
 * and has much garbage. Only with the native engine, whose threads move media during a collection
 * (20-60 ms); with the portable one media would stop.
 */
export class HeapKeeper {
  readonly #isNeeded: boolean;
  readonly #logger: Logger;
  readonly #watch = new GarbageWatch();
  #stop = () => {};
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();
  #collect: () => void = () => {};
  #trim: () => void = () => {};

  constructor(engine: { readonly name: string }, logger: Logger) {
    this.#isNeeded = engine.name === 'native';
    this.#logger = logger;
  }

  async start(): Promise<void> {
    if (!this.#isNeeded) return;
    setFlagsFromString('--expose-gc');
    // Of a small heap the other threads get so little that to wake them costs more.
    setFlagsFromString('--no-parallel-scavenge');
    this.#collect = runInNewContext('gc');
    const posix = await loadPosix();
    this.#trim = () => posix?.trimMemory();
    this.#giveBack();
    this.#stop = everySeconds(LOOK_SECONDS, () => this.#look());
  }

  async close(): Promise<void> {
    this.#stop();
  }

  #look(): void {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    const used = residentBytes();
    if (this.#watch.isWorthwhile(used, utilization, performance.now())) this.#giveBack();
  }

  #giveBack(): void {
    const [before, began] = [residentBytes(), performance.now()];
    this.#collect();
    this.#trim();
    const [after, now] = [residentBytes(), performance.now()];
    this.#watch.collected(after, now);
    const rssMb = `${Math.round(before / MB)} -> ${Math.round(after / MB)}`;
    this.#logger.debug({ rssMb, ms: Math.round(now - began) }, 'memory given back');
  }
}
