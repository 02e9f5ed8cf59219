import type { ChildRef } from '../child/types.js';
import type { Role, StreamKey } from '../stream-key.js';

/** What placement knows of a child when it chooses: a plain snapshot. */
export interface Candidate extends ChildRef {
  /** Ready and not draining. */
  readonly open: boolean;
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

/** A client's hold on a stream's owner. Release it exactly once, when the client has left. */
export interface Hold {
  readonly stream: StreamKey;
  readonly role: Role;
  readonly owner: ChildRef;
  release(): void;
}

/** What the admin API says of a stream. */
export interface StreamStatus {
  readonly stream: StreamKey;
  /** Id of the child that owns it. */
  readonly child: string;
  readonly publishing: boolean;
  readonly clients: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}
