import type { GateRules, Who } from '../access/decide.js';
import type { TokenRules } from '../access/tokens.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import type { StreamKey } from '../stream-key.js';
import type { MemberWish } from './publishing.js';

/** The publisher that a child of this box reports for a stream. */
export interface LivePublisher {
  readonly owner: OwnerRef;
  /** The hooks have accepted it. */
  readonly isAccepted: boolean;
}

export interface GateOptions {
  /** Returns the present rules. */
  readonly rules: () => GateRules & TokenRules & RateRules;
  /** Returns the players of a stream that have no connection of their own: HLS sessions. */
  readonly sessionsOf: (stream: StreamKey) => number;
  /** Returns the publisher that a child of this box reports; null: none. */
  readonly liveHere: (stream: StreamKey) => LivePublisher | null;
  /** Resolves with whether the child answers: it then reads what its publishers send. */
  readonly answers: (owner: OwnerRef) => Promise<boolean>;
  /**
   * Has the child end the stream's publishers: WebRTC sessions, which it keeps without their
   * client, or all. Never rejects.
   */
  readonly dismiss: (stream: StreamKey, which: 'sessions' | 'all') => Promise<void>;
  readonly logger: Logger;
}

/** A client's wish. */
export interface Wish extends Pick<Who, 'stream' | 'role'>, MemberWish {
  /** The access token that it has shown; null: none. */
  readonly token: string | null;
  /** Default: the address of the connection. */
  readonly ip?: string;
  /** See `Who`; default: false. */
  readonly isSentOn?: boolean;
  /** The client can wait as a backup; default: false. */
  readonly mayStandBy?: boolean;
}

interface RateRules {
  /** Most megabits per second of a publisher, on average of ten seconds; 0: any. */
  readonly publishBitrate: number;
}
