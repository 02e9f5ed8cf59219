import type { Socket } from 'node:net';
import type { Batch } from './batch.js';
import type { Feed, Sink } from './sink.js';

/** Unsent bytes from which a player is too slow and loses frames. */
const MAX_UNSENT = 8 * 1024 * 1024;
/** Milliseconds without progress after which a player is closed (SRS's socket timeout). */
const STUCK_MS = 30_000;

export interface PlayerOptions {
  readonly socket: Socket;
  readonly encode: (batch: Batch) => Buffer;
  /** Called once, before the first media; FLV's header tells which media there are. */
  readonly begin?: (has: { audio: boolean; video: boolean }) => void;
  /** Called when the publisher has left. */
  readonly ended?: () => void;
  /** Milliseconds of media after which the player's connection ends, as it asked; 0: no limit. */
  readonly limitMs?: number;
}

/**
 * Sends to one player without delaying the source: if the socket cannot keep up, batches are
 * dropped until the next keyframe.
 */
export class Player implements Sink {
  readonly #options: PlayerOptions;
  #begun = false;
  /** Frames were dropped: headers are sent again before the next keyframe. */
  #dropping = false;
  /** Frames, but no headers, were dropped during a pause. */
  #skipping = false;
  #firstTime: number | null = null;
  #stuckSince = 0;
  #paused = false;

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  /** Sends headers and cached frames to a new player in one write. */
  start(feed: Feed, batches: readonly Batch[]): void {
    const [first] = batches;
    if (first === undefined) return;
    this.#options.socket.cork();
    this.#send(feed.headers(first), feed);
    for (const batch of batches) this.#send(batch, feed);
    this.#options.socket.uncork();
  }

  write(batch: Batch, feed: Feed): void {
    if (!this.#keepsUp() || (this.#paused && batch.hasHeaders)) this.#dropping = true;
    if (this.#paused) this.#skipping = true;
    if ((this.#dropping || this.#skipping) && !this.#mayResume(batch, feed)) return;
    const afresh = this.#dropping || !this.#begun;
    this.#dropping = false;
    this.#skipping = false;
    this.#stuckSince = 0;
    if (afresh) this.start(feed, [batch]);
    else this.#send(batch, feed);
  }

  /** Pauses a player: it gets nothing, and resumes at a keyframe. */
  pause(on: boolean): void {
    this.#paused = on;
  }

  ended(): void {
    this.#options.ended?.();
  }

  #send(batch: Batch, feed: Feed): void {
    const { socket, encode, begin } = this.#options;
    if (batch.packets.length === 0) return;
    if (!this.#begun) begin?.(feed.has);
    this.#begun = true;
    socket.write(encode(batch));
    this.#limit(batch);
  }

  /** Ends the connection without a message after the requested duration, as SRS does. */
  #limit({ packets }: Batch): void {
    const { limitMs = 0, socket } = this.#options;
    if (limitMs <= 0) return;
    this.#firstTime ??= packets[0]?.timestamp ?? 0;
    const last = packets.at(-1)?.timestamp ?? 0;
    if (last - this.#firstTime >= limitMs) socket.end();
  }

  #keepsUp(): boolean {
    const { socket } = this.#options;
    if (socket.writableLength <= MAX_UNSENT) return true;
    const now = Date.now();
    if (this.#stuckSince === 0) this.#stuckSince = now;
    if (now - this.#stuckSince > STUCK_MS) socket.destroy();
    return false;
  }

  #mayResume(batch: Batch, feed: Feed): boolean {
    if (this.#paused) return false;
    if (this.#options.socket.writableLength > MAX_UNSENT / 2) return false;
    return batch.startsAtKeyframe || !feed.has.video;
  }
}
