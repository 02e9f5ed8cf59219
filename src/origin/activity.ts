import type { RtmpMessage } from '../protocol/rtmp/message.js';

/**
 * What a publisher says, of whichever protocol: RTMP's type, time and payload. Players get it on the
 * chunk stream that it came on, as SRS has it.
 */
export type MediaMessage = Pick<RtmpMessage, 'typeId' | 'timestamp' | 'payload'> & {
  readonly csid?: number | undefined;
};

/** What a connection does now: it publishes or plays, until it ends or the client asks for more. */
export interface Activity {
  message(message: MediaMessage): void;
  /** Flash's `pause`: players only. */
  pause(on: boolean): void;
  end(): Promise<void>;
}

/** A publish or play that is not to be: the client is closed. */
export class Refusal extends Error {}
