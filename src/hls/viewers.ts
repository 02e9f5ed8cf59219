import { Histogram } from '../collections/histogram.js';
import type { Exchange } from '../files/immutable.js';
import { PLAYING_BOUNDS } from '../listener/connections.js';
import { logConnection } from '../logging/event-lines.js';
import { loggable } from '../logging/loggable.js';
import type { Logger } from '../logging/logger.js';
import type { StreamKey } from '../stream-key.js';
import { everySeconds } from '../system/every-seconds.js';

/** Windows after its last playlist for which a session lives, as in SRS. */
export const WINDOWS = 2;
const SWEEP_SECONDS = 5;
/** Longest id of a session that is followed. SRS's have eight signs; a client may make one up. */
const MAX_ID_LENGTH = 64;
/** Most sessions followed; of further ones the oldest gets its line early. */
const MAX_VIEWERS = 20_000;

export interface ViewersOptions {
  /** Read at each use: a reload may change it. */
  readonly windowSeconds: number;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** A session as its last playlist showed it. */
export interface ViewerFacts {
  /** SRS's `hls_ctx`, which is the client's id in API and hooks. */
  readonly session: string;
  readonly client: string;
  readonly stream: StreamKey;
  /** Null: the playlist came from no child. */
  readonly child: string | null;
  /** Id of the child's box; null: this one. */
  readonly box: string | null;
}

/** A session that is followed. */
export interface ViewerRow extends ViewerFacts {
  /** Bytes of playlists and segments that it got. */
  readonly bytesOut: number;
  /** Milliseconds since its first playlist. */
  readonly ageMs: number;
}

interface Viewer {
  facts: ViewerFacts;
  readonly since: number;
  seenAt: number;
  bytesOut: number;
  /** It has got a segment. */
  isPlaying: boolean;
}

/** Follows HLS sessions, to show them and to log one line for each when it ends. */
export class Viewers {
  /** Seconds from a session's first playlist until it had its first segment. */
  readonly playing = new Histogram(PLAYING_BOUNDS);
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #options: ViewersOptions;
  /** By session, longest without a playlist first. */
  readonly #viewers = new Map<string, Viewer>();
  readonly #counts = new Map<StreamKey, number>();
  readonly #stop: () => void;

  constructor(options: ViewersOptions) {
    const { logger, now = () => performance.now() } = options;
    this.#options = options;
    this.#logger = logger;
    this.#now = now;
    this.#stop = everySeconds(SWEEP_SECONDS, () => this.sweep());
  }

  /** Notes that a session gets a playlist. */
  seen(facts: ViewerFacts): void {
    const { session } = facts;
    if (session.length > MAX_ID_LENGTH) return;
    const now = this.#now();
    const known = this.#viewers.get(session);
    const viewer = known ?? { facts, since: now, seenAt: now, bytesOut: 0, isPlaying: false };
    if (known !== undefined) this.#add(known.facts.stream, -1);
    this.#add(facts.stream, 1);
    this.#viewers.delete(session);
    this.#viewers.set(session, viewer);
    viewer.facts = facts;
    viewer.seenAt = now;
    const [oldest] = this.#viewers.size > MAX_VIEWERS ? this.#viewers.values() : [];
    if (oldest !== undefined) this.#end(oldest, `more than ${MAX_VIEWERS} sessions are followed`);
  }

  /** Counts a response for its session. A connection answers one request at a time. */
  count(session: string, { request, reply }: Exchange): void {
    const viewer = this.#viewers.get(session);
    if (viewer === undefined) return;
    const { socket } = request.raw;
    const before = socket.bytesWritten;
    reply.raw.once('close', () => {
      viewer.bytesOut += socket.bytesWritten - before;
    });
  }

  /** Counts a response with media for its session; the first one tells how long that waited. */
  countMedia(session: string, exchange: Exchange): void {
    this.count(session, exchange);
    const viewer = this.#viewers.get(session);
    if (viewer === undefined || viewer.isPlaying) return;
    const { raw } = exchange.reply;
    raw.once('finish', () => {
      if (viewer.isPlaying || raw.statusCode >= 300) return;
      viewer.isPlaying = true;
      this.playing.observe((this.#now() - viewer.since) / 1000);
    });
  }

  /** Tells whether a session is followed. */
  has(session: string): boolean {
    return this.#viewers.has(session);
  }

  /** Returns the number of sessions of a stream. */
  countOf(stream: StreamKey): number {
    return this.#counts.get(stream) ?? 0;
  }

  /** Returns the sessions that are followed. */
  rows(): ViewerRow[] {
    const now = this.#now();
    return Array.from(this.#viewers.values(), ({ facts, since, bytesOut }) => {
      return { ...facts, bytesOut, ageMs: Math.round(now - since) };
    });
  }

  /** Ends the sessions that have expired. Runs every five seconds. */
  sweep(): void {
    const now = this.#now();
    const seconds = WINDOWS * this.#options.windowSeconds;
    for (const viewer of this.#viewers.values()) {
      if (now - viewer.seenAt < 1000 * seconds) return;
      this.#end(viewer, `no playlist was asked for within ${seconds} s`);
    }
  }

  /** Ends all sessions. */
  close(): void {
    this.#stop();
    for (const viewer of this.#viewers.values()) this.#end(viewer, 'the supervisor stops');
  }

  #add(stream: StreamKey, by: 1 | -1): void {
    const count = this.countOf(stream) + by;
    if (count === 0) this.#counts.delete(stream);
    else this.#counts.set(stream, count);
  }

  #end({ facts, since, seenAt, bytesOut }: Viewer, reason: string): void {
    const { session, client, child } = facts;
    this.#viewers.delete(session);
    this.#add(facts.stream, -1);
    logConnection(this.#logger, 'hls session ended', () => {
      const seconds = Math.round((seenAt - since) / 100) / 10;
      const stream = loggable(facts.stream);
      return {
        id: loggable(session),
        client,
        stream,
        role: 'play',
        child,
        bytesOut,
        seconds,
        reason,
      };
    });
  }
}
