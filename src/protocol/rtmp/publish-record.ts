import { invalid, type Parsed, value } from '../result.js';
import { encodeAmf0 } from './amf0.js';
import { ChunkReader, type LastHeader, type ReadMessage } from './chunk-reader.js';
import { encodeLater, encodeMessage } from './chunk-writer.js';
import { decodeCommandHead } from './command.js';
import { setChunkSize, windowAckSize } from './control.js';
import { DEFAULT_CHUNK_SIZE, MessageType, type RtmpMessage } from './message.js';
import { type ClosedRecord, MUTED_END } from './play-record.js';

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
/** Bytes of an AMF0 command besides its name: 3 of the name's head, a number, and null. */
const COMMAND_SIZE = 13;

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
    const { chunkSize } = this.#reader;
    const sizes = chunkSize === DEFAULT_CHUNK_SIZE ? [] : [setChunkSize(chunkSize)];
    const windows = this.#window === null ? [] : [windowAckSize(this.#window)];
    const made = calls.filter((call) => call !== null);
    return Buffer.concat([
      ...sizes.map((size) => encodeMessage(size, DEFAULT_CHUNK_SIZE)),
      ...[...windows, ...made].map((message) => encodeMessage(message, chunkSize)),
      ...this.#reader.lastHeaders().flatMap((last) => this.#repeated(last)),
    ]);
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
    if (this.#isPublished) return !this.#isFmle || FMLE.has(name);
    if (FMLE.has(name)) this.#isFmle = true;
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

  /** Returns messages that leave the chunk stream as it is, and mean nothing to a server. */
  #repeated({ csid, header, timestamp }: LastHeader): Buffer[] {
    const { typeId, streamId, length, time } = header;
    const payload = this.#filler(typeId, length > MAX_REPEATED ? 0 : length);
    const message = { csid, typeId, streamId, payload };
    const { chunkSize } = this.#reader;
    if (time === timestamp) return [encodeMessage({ ...message, timestamp }, chunkSize)];
    return [
      encodeMessage({ ...message, timestamp: (timestamp - time) >>> 0 }, chunkSize),
      encodeLater({ ...message, timestamp: time }, chunkSize),
    ];
  }

  #filler(typeId: number, size: number): Buffer {
    if (typeId === MessageType.commandAmf0) return mutedCommand(size);
    if (typeId === MessageType.commandAmf3) {
      return Buffer.concat([Buffer.alloc(1), mutedCommand(size - 1)]);
    }
    const payload = Buffer.alloc(size);
    const isSize = typeId === MessageType.setChunkSize || typeId === MessageType.windowAckSize;
    const { chunkSize } = this.#reader;
    if (isSize && size >= 4) {
      payload.writeUInt32BE(typeId === MessageType.setChunkSize ? chunkSize : (this.#window ?? 0));
    }
    return payload;
  }
}

/**
 * Returns a command of that size that no server knows, without a transaction id. SRS closes a
 * client whose command has no object.
 */
function mutedCommand(size: number): Buffer {
  if (size <= COMMAND_SIZE) return Buffer.alloc(0);
  return encodeAmf0(MUTED_END.padStart(size - COMMAND_SIZE, MUTED_END), 0, null);
}

function ownPayload(message: ReadMessage): RtmpMessage {
  return { ...message, payload: Buffer.from(message.payload) };
}
