import type { ServerResponse } from 'node:http';
import { type EventFilter, type EventLog, fits, type KeptEvent } from '../events/event-log.js';

export interface EventReaderOptions {
  /** Headers that the answer has besides its own. */
  readonly head: Readonly<Record<string, string>>;
  readonly filter: EventFilter;
  /** Id after which it continues; null: it begins with the last events that are kept. */
  readonly from: string | null;
  /** Number of these events. */
  readonly last: number;
}

/** Most readers at a time. */
export const MOST_READERS = 64;
/** Events looked at before others get a turn of the event loop. */
const BATCH = 500;
/** Milliseconds between comments, which find readers that are gone and tell how far one is. */
const COMMENT_MS = 15_000;
/** Milliseconds for which a reader may take nothing of what waits for it. */
const SLOW_MS = 30_000;

/**
 * One reader of server-sent events. It has a place in the log and no buffer but that of its socket:
 * a reader that falls behind what is kept, or takes nothing for too long, is closed, and may
 * continue with `Last-Event-ID`.
 */
export class EventReader {
  readonly #log: EventLog;
  readonly #response: ServerResponse;
  readonly #filter: EventFilter;
  readonly #stop: () => void;
  readonly #comments: NodeJS.Timeout;
  /** Number of the last event that was looked at. */
  #at: number;
  /** Events up to this number were lost before it came. */
  readonly #forgiven: number;
  #isBlocked = false;
  #isDue = false;
  #slow: NodeJS.Timeout | undefined;

  constructor(log: EventLog, response: ServerResponse, options: EventReaderOptions) {
    const { head, filter, from, last } = options;
    this.#log = log;
    this.#response = response;
    this.#filter = filter;
    const known = from === null ? log.beforeLast(filter, last) : log.numberOf(from);
    this.#at = known ?? 0;
    response.writeHead(200, { ...head, 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    // A reader without an id asks for no particular event, so it misses none.
    this.#forgiven = log.lost;
    const isLost = known === null || (from !== null && known < this.#forgiven);
    if (isLost) this.#send('event: lost\ndata: {}\n\n');
    this.#stop = log.onEvent(() => this.#soon());
    this.#comments = setInterval(() => this.#comment(), COMMENT_MS).unref();
    response.once('close', () => this.#end());
    response.on('error', () => {});
    this.#soon();
  }

  close(): void {
    this.#end();
    this.#response.destroy();
  }

  /** Looks for events in the next turn, once for all that come in this one. */
  #soon(): void {
    if (this.#isDue || this.#isBlocked) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isBlocked || this.#response.destroyed) return;
    if (this.#log.lost > Math.max(this.#at, this.#forgiven)) {
      this.close();
      return;
    }
    const kept = this.#log.after(this.#at, BATCH);
    for (const entry of kept) {
      this.#at = entry.number;
      if (fits(entry.event, this.#filter) && !this.#send(this.#textOf(entry))) return;
    }
    if (kept.length === BATCH) this.#soon();
  }

  #textOf({ number, at, event, json }: KeptEvent): string {
    const id = this.#log.idOf(number);
    const data = `{"id":"${id}","at":${at},"event":${json}}`;
    return `id: ${id}\nevent: ${event.type}\ndata: ${data}\n\n`;
  }

  /** Returns false if the socket is full; the reader goes on when it has drained. */
  #send(text: string): boolean {
    if (this.#response.write(text)) return true;
    this.#isBlocked = true;
    this.#slow = setTimeout(() => this.close(), SLOW_MS).unref();
    this.#response.once('drain', () => this.#drained());
    return false;
  }

  #drained(): void {
    clearTimeout(this.#slow);
    this.#isBlocked = false;
    this.#soon();
  }

  #comment(): void {
    if (!this.#isBlocked) this.#send(`:\nid: ${this.#log.idOf(this.#at)}\n\n`);
  }

  #end(): void {
    this.#stop();
    clearInterval(this.#comments);
    clearTimeout(this.#slow);
  }
}
