import type { StreamKey } from '../stream-key.js';

/** Who waits for a stream to be published; an entry lives as long as somebody waits. */
export class PublishWaiters {
  readonly #waiting = new Map<StreamKey, Set<() => void>>();

  /** True when the stream is published, false when the signal aborts before. */
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
    });
  }

  wake(stream: StreamKey): void {
    for (const onPublish of this.#waiting.get(stream) ?? []) onPublish();
  }

  get size(): number {
    return this.#waiting.size;
  }

  #remove(stream: StreamKey, onPublish: () => void): void {
    const waiting = this.#waiting.get(stream);
    waiting?.delete(onPublish);
    if (waiting?.size === 0) this.#waiting.delete(stream);
  }
}
