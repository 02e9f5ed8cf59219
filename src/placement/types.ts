import { z } from 'zod';
import { COUNT, STREAM_KEY, TIME } from '../fields.js';
import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';

/** One generation of a child, as far as its clients need it. */
export interface Serving extends OwnerRef {
  /** The process of this generation serves: ready or draining. */
  readonly alive: boolean;
  /** Ready, not draining and not ejected: accepts new streams. */
  readonly open: boolean;
}

/** Snapshot of a child for the choice. */
export interface Candidate extends Serving {
  /** CPU in percent of one core. */
  readonly cpu: number;
  /** Client connections through us. */
  readonly connections: number;
  readonly maxConnections: number;
  /** Streams that it owns. */
  readonly streams: number;
  /** Most streams; 0: no limit. */
  readonly maxStreams: number;
  /** Bits per second through us, both directions. */
  readonly bitrate: number;
  /** Bits per second from which on it gets no new stream; 0: no limit. */
  readonly maxBitrate: number;
  /** A job is going to replace its process soon. */
  readonly leaving: boolean;
  /** Share of a slow start that has passed: 0 just restarted, 1 none or over. */
  readonly warmth: number;
}

/**
 * A client's hold on a stream's owner. Release it when the client has left; extra calls are
 * harmless.
 */
export interface Hold {
  readonly stream: StreamKey;
  readonly role: Role;
  readonly owner: OwnerRef;
  /** Notes that the client uses no connection of its own to the owner. */
  shares(): void;
  /** `gone`: the owner, on another box, answered that it no longer has the stream. */
  release(gone?: boolean): void;
}

/** The publisher that a child of this box reports for a stream. */
export interface LivePublisher {
  readonly owner: OwnerRef;
  /** The hooks have accepted it. */
  readonly isAccepted: boolean;
}

/** A stream in the admin API. */
export const STREAM_STATUS = z.object({
  stream: STREAM_KEY,
  child: z.string().describe('id of the child that owns it'),
  box: z.string().exactOptional().describe("id of the child's box; absent for this box"),
  publishing: z.boolean(),
  clients: COUNT.describe('publishers and players; 0 while only the grace keeps the stream'),
  since: TIME,
});
export type StreamStatus = Readonly<z.infer<typeof STREAM_STATUS>>;
