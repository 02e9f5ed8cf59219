import { invalid, type Parsed, value } from '../result.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { stateAfter } from './chunk-state.js';
import { decodeCommandHead } from './command.js';
import { MessageType, type RtmpMessage } from './message.js';
import type { ClosedRecord } from './play-record.js';

/** State of a publisher. `closed`: it has ended its stream and may name another. */
export type PublisherState = 'publishing' | 'closed';

/** Types that a publisher sends for hours. */
const MEDIA: ReadonlySet<number> = new Set([
  MessageType.audio,
  MessageType.video,
  MessageType.dataAmf0,
  MessageType.dataAmf3,
  MessageType.aggregate,
]);
/** Calls that only a publisher of FMLE's kind makes, and by any of which SRS ends its stream. */
const FMLE: ReadonlySet<string> = new Set(['releaseStream', 'FCPublish', 'FCUnpublish']);
/** Bytes. A longer message is repeated as an empty one. */
const MAX_REPEATED = 4096;

/** Reports whether only a publisher of FMLE's kind makes such a call. */
export function isOfFmle(name: string): boolean {
  return FMLE.has(name);
}

/** Reports whether SRS ends the stream of a publisher that makes such a call. */
export function endsStream(name: string, isFmle: boolean): boolean {
  return !isFmle || FMLE.has(name);
}

/**
 * Follows a publisher from `connect` on and keeps none of its media. When it has ended its stream,
 * `closed` makes a record of few bytes: a child that gets it has the client's chunk state, on which
 * the headers of later messages may depend.
 */
export class PublishRecord {
  readonly #reader = new ChunkReader({ unkept: MEDIA });
  /** Number of bytes pushed. */
  #fed = 0;
  #connect: RtmpMessage | null = null;
  /** The last one: the client may use its message stream for another name. */
  #createStream: RtmpMessage | null = null;
  /** Bytes after which the client wants an Acknowledgement; null: it has not said. */
  #window: number | null = null;
  #isFmle = false;
  #isPublished = false;
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Takes the client's next bytes, the first ones up to `publish`; they may change afterwards.
   * `invalid`: SRS would close the connection, or the state cannot be repeated.
   */
  feed(bytes: Buffer): Parsed<PublisherState> {
    this.#fed += bytes.length;
    this.#reader.push(bytes);
    for (;;) {
      const read = this.#reader.next();
      if (read.kind === 'invalid') return read;
      if (read.kind === 'incomplete') break;
      if (this.#ends(read.value)) return this.#end(bytes, read.value);
    }
    this.#reader.own();
    return value('publishing', bytes.length);
  }

  /** For a client that has ended its stream. */
  closed(): ClosedRecord {
    const heard = this.#said(this.#connect, this.#createStream);
    return { heard, bare: this.#said(this.#connect), rest: this.#rest };
  }

  /** Returns those calls between what has set the client's chunk state. */
  #said(...calls: readonly (RtmpMessage | null)[]): Buffer {
    const made = calls.filter((call) => call !== null);
    const ended = { reader: this.#reader, window: this.#window };
    return Buffer.concat(stateAfter(ended, made, MAX_REPEATED));
  }

  /** Notes what must be repeated, and answers whether the message ends the publication. */
  #ends(message: ReadMessage): boolean {
    const { typeId, payload } = message;
    if (typeId === MessageType.windowAckSize && payload.length >= 4) {
      this.#window = payload.readUInt32BE(0);
    }
    if (typeId !== MessageType.commandAmf0 && typeId !== MessageType.commandAmf3) return false;
    const head = decodeCommandHead(message);
    if (head.kind !== 'value') return false;
    const { name } = head.value;
    if (this.#isPublished) return endsStream(name, this.#isFmle);
    if (isOfFmle(name)) this.#isFmle = true;
    else if (name === 'connect') this.#connect = ownPayload(message);
    else if (name === 'createStream') this.#createStream = ownPayload(message);
    else if (name === 'publish') this.#isPublished = true;
    return false;
  }

  #end(bytes: Buffer, { end }: ReadMessage): Parsed<PublisherState> {
    if (this.#reader.lastHeaders().some(({ isPartial }) => isPartial)) {
      return invalid('a message is cut by the end of the stream');
    }
    this.#rest = Buffer.from(bytes.subarray(bytes.length - (this.#fed - end)));
    return value('closed', bytes.length - this.#rest.length);
  }
}

function ownPayload(message: ReadMessage): RtmpMessage {
  return { ...message, payload: Buffer.from(message.payload) };
}
