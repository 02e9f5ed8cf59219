/**
 * Fan-out: many clients get the bytes of one connection to a child. A relay thread reads that
 * connection, the *feed*, into a ring, and sends the ring to each *viewer* at its own pace. The
 * relay knows nothing of what the bytes are: a module that the thread loads, the *feed reader*,
 * divides them into pieces and tells where a viewer may begin.
 */
import type { Socket } from 'node:net';
import type { RelayedConnection } from './relayed.js';

/** Bytes that a viewer gets before the piece at which it begins. */
export interface Opening {
  /** For a new viewer. */
  readonly first: Buffer;
  /** For a viewer that has fallen behind the ring and goes on here. */
  readonly again: Buffer;
}

/** Bytes that a viewer gets as a whole, or not at all. */
export interface Piece {
  readonly bytes: Buffer;
  /** Null: no viewer may begin at this piece. */
  readonly opening: Opening | null;
}

/** Divides the bytes of one feed. */
export interface FeedReader {
  /** Returns the pieces that are complete. @throws Error for invalid bytes: the feed ends */
  read(bytes: Buffer): readonly Piece[];
}

/** The decision on what a viewer has said. Its last piece is always sent as a whole first. */
export interface ViewerWish {
  /** Bytes for the viewer, between two pieces; empty: none. */
  readonly answer: Buffer;
  /** `leaves`: it wants something else than this feed. */
  readonly state: 'plays' | 'pauses' | 'leaves';
  /** A note for the control side on a viewer that leaves; plain values. */
  readonly about?: unknown;
}

/** Hears what one viewer says. */
export interface ViewerHearer {
  /** Takes bytes, which are its own. @throws Error for what closes the viewer */
  hear(bytes: Buffer): ViewerWish;
}

/** The exports of a feed module. */
export interface FeedModule {
  makeFeedReader(settings: unknown): FeedReader;
  /** Default: what viewers say is dropped. */
  makeViewerHearer?(settings: unknown): ViewerHearer;
}

/** Bounds of a feed's ring. */
export interface RingBounds {
  /** Most bytes kept. */
  readonly bytes: number;
  /** Milliseconds for which pieces are kept, and longer as long as no viewer could begin later. */
  readonly ms: number;
}

/** A child's connection, from which viewers are served. */
export interface FeedStart {
  readonly child: Socket;
  /** Bytes that were read from the child already. */
  readonly first: Buffer;
  /** The URL of a `FeedModule`, and the settings of its reader: plain values. */
  readonly module: string;
  readonly settings: unknown;
  readonly ring: RingBounds;
  /** Most milliseconds without a byte of the child. */
  readonly idleMs: number;
}

/** A client that joins a feed. */
export interface ViewerStart {
  /** Bytes that it gets before all else. */
  readonly toClient: Buffer;
  /**
   * Settings of its hearer: plain values. It is closed when it ends its side. Unset: it is not
   * heard, and goes on reading then.
   */
  readonly hearer?: unknown;
}

/** A viewer under way. It is recalled when its hearer tells that it leaves. */
export interface Viewer extends RelayedConnection {
  /** How often it fell behind the ring and went on at a newer piece. */
  readonly skipped: number;
}

/** A feed under way. Its viewers end with it. */
export interface Feed extends Pick<RelayedConnection, 'ended' | 'destroy'> {
  /** Bytes in the ring at present. */
  readonly ringBytes: number;
  /** Has nobody begin at what has come so far: its stream has ended, and another may follow. */
  forget(): void;
  /** Takes a viewer over; null, with the socket untouched, if that cannot be done. */
  join(client: Socket, start: ViewerStart): Viewer | null;
}

/** The threads of an engine, as far as they serve feeds. */
export interface FanoutThreads {
  readonly threadCount: number;
  /** Opens a feed on a thread, by its index; null, with the socket untouched, if that cannot be. */
  openFeed(thread: number, start: FeedStart): Feed | null;
}
