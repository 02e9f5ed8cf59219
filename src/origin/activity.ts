import type { RtmpMessage } from '../protocol/rtmp/message.js';

/**
 * A publisher's media message of any protocol, in RTMP's type, timestamp and payload. RTMP players
 * get it on the publisher's chunk stream, as from SRS.
 */
export type MediaMessage = Pick<RtmpMessage, 'typeId' | 'timestamp' | 'payload'> & {
  readonly csid?: number | undefined;
};

/** A connection's current publish or play, until the connection ends or a new one begins. */
export interface Activity {
  message(message: MediaMessage): void;
  /** Flash's `pause`; players only. */
  pause(on: boolean): void;
  /** Sends what is collected for a player; players only. */
  flush?(): void;
  end(): Promise<void>;
}

/** A refused publish or play; the client is closed. */
export class Refusal extends Error {}
