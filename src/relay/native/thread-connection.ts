import { RECALL_MS, type RecalledClient } from '../client-watch.js';
import type { RelayEnd, RelayedConnection } from '../relay.js';
import type { PairOrder } from './protocol.js';

/** The thread of a pair, as its connection uses it. */
interface ConnectionThread {
  /** Returns a counter of bytes. */
  bytes(counter: number): number;
  order(order: PairOrder): void;
}

/** One pair, as the control side sees it. */
export class ThreadConnection implements RelayedConnection {
  readonly generation: number;
  readonly ended: Promise<RelayEnd>;
  readonly slot: number;
  startedAt = Date.now();
  recalled: RecalledClient | null = null;
  onRecall: ((about: unknown) => Promise<boolean>) | null = null;
  #thread: ConnectionThread | null;
  #resolve: (end: RelayEnd) => void = () => {};
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(thread: ConnectionThread, slot: number, generation: number) {
    this.#thread = thread;
    this.slot = slot;
    this.generation = generation;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get bytesIn(): number {
    return this.#thread?.bytes(2 * this.slot) ?? this.#bytesIn;
  }

  get bytesOut(): number {
    return this.#thread?.bytes(2 * this.slot + 1) ?? this.#bytesOut;
  }

  destroy(): void {
    this.#thread?.order({ kind: 'end', slot: this.slot, generation: this.generation });
  }

  /** Asks whether the client, which is recalled, stays with its child. */
  async recall(about: unknown): Promise<void> {
    const kind = (await this.onRecall?.(about)) ? 'stay' : 'let-go';
    const { slot, generation } = this;
    this.#thread?.order({ kind, slot, generation });
    if (kind === 'stay') return;
    const timer = setTimeout(() => this.destroy(), RECALL_MS).unref();
    void this.ended.then(() => clearTimeout(timer));
  }

  /** Keeps the last counts: the slot goes to another pair. */
  finish(end: RelayEnd): void {
    this.#bytesIn = this.bytesIn;
    this.#bytesOut = this.bytesOut;
    this.#thread = null;
    this.#resolve(end);
  }
}
