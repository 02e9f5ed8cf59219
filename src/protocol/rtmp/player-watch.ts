import type { Parsed } from '../result.js';
import { compactRecord } from './compact.js';
import type { Identified, RtmpIdentifier } from './identify.js';
import { type PlayerState, PlayRecord } from './play-record.js';

/** A player that has closed its stream and named another one. */
export interface Renamed {
  readonly identified: Identified;
  /** Answers that its child will not give: it does not get the bytes that name the stream. */
  readonly replies: Buffer;
}

const NO_EVENTS = { paused: () => {}, called: () => {}, pinged: () => {} };

/**
 * Hears what a player says to its child, until it closes its stream and names another one. SRS
 * then serves the other stream on the same connection, but a child has only some of the streams.
 */
export class PlayerWatch {
  readonly #chunkSize: number;
  readonly #newIdentifier: () => RtmpIdentifier;
  #record: PlayRecord | null;
  #identifier: RtmpIdentifier | null = null;
  /** The player's first bytes were heard, and it can be watched. */
  readonly isReady: boolean;

  /** `chunkSize`: bytes, of the child's chunks. */
  constructor({ recorded, chunkSize }: Identified, newIdentifier: () => RtmpIdentifier) {
    this.#chunkSize = chunkSize;
    this.#newIdentifier = newIdentifier;
    this.#record = new PlayRecord(recorded.length, NO_EVENTS);
    const begun = this.#record.feed(recorded);
    this.isReady = begun.kind === 'value' && begun.value !== 'closed';
  }

  /**
   * Takes bytes before the child gets them. `pass`: they are for the child. `lost`: so are they,
   * and the player cannot be watched any more. `Renamed`: the child must get none of them.
   */
  hear(bytes: Buffer): 'pass' | 'lost' | Renamed {
    if (this.#identifier !== null) return this.#identify(this.#identifier, bytes);
    const record = this.#record;
    if (record === null) return 'lost';
    return this.#heard(record, record.feed(bytes));
  }

  #heard(record: PlayRecord, outcome: Parsed<PlayerState>): 'pass' | 'lost' | Renamed {
    if (outcome.kind !== 'value') return 'lost';
    if (outcome.value !== 'closed') return 'pass';
    const { heard, rest } = record.closed();
    this.#record = null;
    const identifier = this.#newIdentifier();
    if (identifier.resume(compactRecord(heard)).kind !== 'incomplete') return 'lost';
    this.#identifier = identifier;
    return rest.length > 0 ? this.#identify(identifier, rest) : 'pass';
  }

  #identify(identifier: RtmpIdentifier, bytes: Buffer): 'pass' | 'lost' | Renamed {
    const outcome = identifier.feed(bytes);
    const replies = identifier.takeReplies();
    if (outcome.kind === 'incomplete') return 'pass';
    if (outcome.kind === 'invalid') return 'lost';
    return { identified: { ...outcome.value, chunkSize: this.#chunkSize }, replies };
  }
}
