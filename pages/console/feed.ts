import { ask } from './api.js';
import { SseReader } from './sse.js';

/** An event as the page shows it. */
export interface FeedEvent {
  readonly id: string;
  readonly at: number;
  readonly event: Readonly<Record<string, unknown>> & { readonly type: string };
}

/** Events that the page keeps. */
const MOST = 500;
const AGAIN_MS = 2000;

/** The events of the box, as they come, while somebody listens and the page is visible. */
export class Feed {
  readonly #listeners = new Set<() => void>();
  #events: FeedEvent[] = [];
  #last: string | null = null;
  #reading: AbortController | null = null;

  constructor() {
    document.addEventListener('visibilitychange', () => this.#decide());
  }

  /** The last events, oldest first. */
  get events(): readonly FeedEvent[] {
    return this.#events;
  }

  /** Calls the listener at each change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#decide();
    return () => {
      this.#listeners.delete(listener);
      this.#decide();
    };
  }

  #decide(): void {
    const isWanted = this.#listeners.size > 0 && !document.hidden;
    if (!isWanted) {
      this.#reading?.abort();
      this.#reading = null;
    } else if (this.#reading === null) {
      this.#reading = new AbortController();
      void this.#keepReading(this.#reading.signal);
    }
  }

  async #keepReading(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#read(signal).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const headers = new Headers({ accept: 'text/event-stream' });
    if (this.#last !== null) headers.set('last-event-id', this.#last);
    const { body } = await ask(`admin/v1/events?last=${MOST}`, { headers, signal });
    const pieces = body?.pipeThrough(new TextDecoderStream()).getReader();
    if (pieces === undefined) return;
    const reader = new SseReader();
    for (;;) {
      const { value, done } = await pieces.read();
      if (done) return;
      this.#take(reader.read(value));
    }
  }

  #take(messages: ReturnType<SseReader['read']>): void {
    let isNew = false;
    for (const { id, type, data } of messages) {
      if (id !== null) this.#last = id;
      if (data === '' || type === 'lost') continue;
      this.#events.push(JSON.parse(data));
      isNew = true;
    }
    if (!isNew) return;
    this.#events = this.#events.slice(-MOST);
    for (const listener of this.#listeners) listener();
  }
}
