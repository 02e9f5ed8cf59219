import type { StreamKey } from '../stream-key.js';

/** Milliseconds between queries whether another box publishes an awaited stream. */
const ASK_MS = 500;
/** Most streams per round; the others come in the next rounds. */
const ROUND = 2000;

/** Clients that wait for a stream to be published; an entry exists only while a client waits. */
export class PublishWaiters {
  readonly #waiting = new Map<StreamKey, Set<() => void>>();
  /** Reports whether another box publishes the stream; null: there are no other boxes. */
  readonly #isElsewhere: ((stream: StreamKey) => Promise<boolean>) | null;
  #timer: NodeJS.Timeout | null = null;

  constructor(isElsewhere: ((stream: StreamKey) => Promise<boolean>) | null = null) {
    this.#isElsewhere = isElsewhere;
  }

  /** Resolves to true when the stream is published, to false when the signal aborts first. */
  wait(stream: StreamKey, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      const settle = (published: boolean) => {
        signal.removeEventListener('abort', onAbort);
        this.#remove(stream, onPublish);
        resolve(published);
      };
      const onPublish = () => settle(true);
      const onAbort = () => settle(false);
      signal.addEventListener('abort', onAbort);
      const waiting = this.#waiting.get(stream) ?? new Set();
      this.#waiting.set(stream, waiting.add(onPublish));
      if (this.#isElsewhere !== null) this.#timer ??= this.#nextRound();
    });
  }

  wake(stream: StreamKey): void {
    for (const onPublish of this.#waiting.get(stream) ?? []) onPublish();
  }

  #nextRound(): NodeJS.Timeout {
    return setTimeout(() => void this.#askRound(), ASK_MS).unref();
  }

  /** Queries each awaited stream once, however many clients wait for it. */
  async #askRound(): Promise<void> {
    const streams = [...this.#waiting.keys()].slice(0, ROUND);
    await Promise.all(streams.map((stream) => this.#ask(stream)));
    this.#timer = this.#waiting.size > 0 ? this.#nextRound() : null;
  }

  async #ask(stream: StreamKey): Promise<void> {
    const isElsewhere = await this.#isElsewhere?.(stream).catch(() => false);
    const waiting = this.#waiting.get(stream);
    if (isElsewhere) this.wake(stream);
    else if (waiting !== undefined && this.#waiting.delete(stream)) {
      this.#waiting.set(stream, waiting);
    }
  }

  #remove(stream: StreamKey, onPublish: () => void): void {
    const waiting = this.#waiting.get(stream);
    waiting?.delete(onPublish);
    if (waiting?.size === 0) this.#waiting.delete(stream);
  }
}
