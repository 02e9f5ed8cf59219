import type { OwnerRef } from '../owner.js';
import type { Role, StreamKey } from '../stream-key.js';

/** One life of a child, as far as those have to know who find their stream there. */
export interface Serving extends OwnerRef {
  /** The process of this generation runs and serves: ready or draining. */
  readonly alive: boolean;
  /** Ready and not draining: takes new streams. */
  readonly open: boolean;
}

/** What placement knows of a child when it chooses: a plain snapshot. */
export interface Candidate extends Serving {
  /** CPU in percent of one core. */
  readonly cpu: number;
  /** Client connections through us now. */
  readonly connections: number;
  readonly maxConnections: number;
  /** Streams it owns now. */
  readonly streams: number;
  /** Bits per second through us now, both ways. */
  readonly bitrate: number;
}

/** A client's hold on a stream's owner. Release it when the client has left; once more does no harm. */
export interface Hold {
  readonly stream: StreamKey;
  readonly role: Role;
  readonly owner: OwnerRef;
  /** `gone`: the owner, of another box, says that the stream is its own no more. */
  release(gone?: boolean): void;
}

/** What the admin API says of a stream. */
export interface StreamStatus {
  readonly stream: StreamKey;
  /** Id of the child that owns it. */
  readonly child: string;
  /** The box of that child, where it is another than ours. */
  readonly box?: string;
  readonly publishing: boolean;
  /** Publishers and players; 0 while the stream is only kept for a publisher to come back. */
  readonly clients: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}
