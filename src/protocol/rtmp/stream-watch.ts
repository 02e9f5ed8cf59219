import { compactRecord } from './compact.js';
import type { Identified, RtmpIdentifier } from './identify.js';
import { type ClosedRecord, PlayRecord } from './play-record.js';
import { PublishRecord } from './publish-record.js';

/** A client that has ended its stream and named another one. */
export interface Renamed {
  readonly identified: Identified;
  /** Answers that its child will not give: it does not get the bytes that name the stream. */
  readonly replies: Buffer;
}

/** The decision on bytes of a client. */
export interface HeardBytes {
  /**
   * `pass`: they are for the child. `lost`: so are they, and the client cannot be watched any more.
   * `Renamed`: the child must get only the first ones.
   */
  readonly outcome: 'pass' | 'lost' | Renamed;
  /** Number of the first bytes that are for the child in any case: they end the stream. */
  readonly before: number;
}

const NO_EVENTS = { paused: () => {}, called: () => {}, pinged: () => {} };
const LOST: HeardBytes = { outcome: 'lost', before: 0 };
const PASS: HeardBytes = { outcome: 'pass', before: 0 };

/**
 * Hears what a client says to its child, until it ends its stream and names another one. SRS then
 * serves the other stream on the same connection, but a child has only some of the streams.
 */
export class StreamWatch {
  readonly #chunkSize: number;
  readonly #newIdentifier: () => RtmpIdentifier;
  #record: PlayRecord | PublishRecord | null;
  /** Hear a client that has ended its stream: without its old `createStream`, and with it. */
  #identifiers: readonly [RtmpIdentifier, RtmpIdentifier] | null = null;
  /** The client's first bytes were heard, and it can be watched. */
  readonly isReady: boolean;

  /** `chunkSize`: bytes, of the child's chunks. */
  constructor(
    { role, recorded, chunkSize }: Pick<Identified, 'role' | 'recorded' | 'chunkSize'>,
    newIdentifier: () => RtmpIdentifier,
  ) {
    this.#chunkSize = chunkSize;
    this.#newIdentifier = newIdentifier;
    this.#record =
      role === 'publish' ? new PublishRecord() : new PlayRecord(recorded.length, NO_EVENTS);
    const begun = this.#record.feed(recorded);
    this.isReady = begun.kind === 'value' && begun.value !== 'closed';
  }

  /** Takes bytes before the child gets them. They may change afterwards. */
  hear(bytes: Buffer): HeardBytes {
    if (this.#identifiers !== null) return this.#identify(this.#identifiers, Buffer.from(bytes), 0);
    const record = this.#record;
    if (record === null) return LOST;
    const outcome = record.feed(record instanceof PlayRecord ? Buffer.from(bytes) : bytes);
    if (outcome.kind !== 'value') return LOST;
    return outcome.value === 'closed' ? this.#ended(record.closed(), bytes.length) : PASS;
  }

  #ended({ heard, bare, rest }: ClosedRecord, size: number): HeardBytes {
    this.#record = null;
    const identifiers = [this.#newIdentifier(), this.#newIdentifier()] as const;
    const begun = [bare, heard].map((record, at) => identifiers[at]?.resume(compactRecord(record)));
    if (begun.some((outcome) => outcome?.kind !== 'incomplete')) return LOST;
    this.#identifiers = identifiers;
    return rest.length > 0 ? this.#identify(identifiers, rest, size - rest.length) : PASS;
  }

  /** A client that has called `createStream` again needs the old one no more. */
  #identify(
    identifiers: readonly [RtmpIdentifier, RtmpIdentifier],
    bytes: Buffer,
    before: number,
  ): HeardBytes {
    const [bare, full] = identifiers.map((identifier) => {
      const outcome = identifier.feed(bytes);
      return { outcome, replies: identifier.takeReplies() };
    });
    const found = bare?.outcome.kind === 'invalid' ? full : bare;
    if (found === undefined || found.outcome.kind === 'invalid') return LOST;
    if (found.outcome.kind === 'incomplete') return PASS;
    const identified = { ...found.outcome.value, chunkSize: this.#chunkSize };
    return { outcome: { identified, replies: found.replies }, before };
  }
}
