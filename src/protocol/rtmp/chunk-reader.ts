import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import { ByteQueue } from './byte-queue.js';
import {
  type BasicHeader,
  type ChunkFormat,
  MAX_HEADER_SIZE,
  type MessageHeader,
  parseBasicHeader,
  parseMessageHeader,
} from './chunk-header.js';
import { DEFAULT_CHUNK_SIZE, MessageType, type RtmpMessage } from './message.js';
import { keep, type Unfinished } from './unfinished.js';

/** A message with its position, as absolute offsets in all bytes pushed. */
export interface ReadMessage extends RtmpMessage {
  /** Offset of the first byte of its first chunk's header. */
  readonly start: number;
  /** Offset just behind its last byte. Chunks of other messages may lie between. */
  readonly end: number;
  /** fmt of its first chunk's header. */
  readonly fmt: ChunkFormat;
}

export interface ChunkReaderOptions {
  readonly maxMessageSize?: number;
  readonly maxChunkStreams?: number;
  /** Most bytes that all unfinished messages may announce together. */
  readonly maxBuffered?: number;
  /** Message types whose payload is not kept: their messages have an empty one. */
  readonly unkept?: ReadonlySet<number>;
}

/** The last header of a chunk stream, to which the next one may refer. */
export interface LastHeader {
  readonly csid: number;
  readonly header: MessageHeader;
  readonly timestamp: number;
  /** The header's message is not whole. */
  readonly isPartial: boolean;
}

const MIB = 1024 * 1024;
const MAX_CHUNK_SIZE = 16 * MIB;
/** Clients use only a few chunk streams; SRS itself has no limit. */
const MAX_CHUNK_STREAMS = 1024;
/** The one byte of a fmt 3 header, besides a chunk stream id below 64. */
const CONTINUES = 0xc0;
const NOTHING = Buffer.alloc(0);
const NO_TYPES: ReadonlySet<number> = new Set();

interface ChunkStreamState {
  readonly csid: number;
  header: MessageHeader;
  timestamp: number;
  partial: Unfinished | null;
}

/**
 * Assembles the messages of one direction (RTMP 1.0 §5.3). Applies SetChunkSize and Abort itself
 * and also yields them. After `push`, call `next` until it returns `incomplete`. A payload that
 * arrived in one chunk and one push is a view of the pushed bytes; any other is copied about once.
 */
export class ChunkReader {
  readonly #maxMessageSize: number;
  readonly #maxChunkStreams: number;
  readonly #maxBuffered: number;
  readonly #unkept: ReadonlySet<number>;
  readonly #input = new ByteQueue();
  readonly #streams = new Map<number, ChunkStreamState>();
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #offset = 0;
  #announced = 0;
  /** The chunk whose payload is being read. */
  #current: ChunkStreamState | null = null;
  #chunkLeft = 0;
  #failure: Parsed<never> | null = null;

  constructor(options: ChunkReaderOptions = {}) {
    this.#maxMessageSize = options.maxMessageSize ?? 16 * MIB;
    this.#maxChunkStreams = options.maxChunkStreams ?? MAX_CHUNK_STREAMS;
    this.#maxBuffered = options.maxBuffered ?? 2 * this.#maxMessageSize;
    this.#unkept = options.unkept ?? NO_TYPES;
  }

  /** The peer's chunk size in bytes, as of the messages yielded so far. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Appends received bytes. The caller must not change them afterwards. */
  push(bytes: Buffer): void {
    if (this.#failure === null) this.#input.push(bytes);
  }

  /** Returns the next whole message; `consumed` is `end - start`. `invalid` is final. */
  next(): Parsed<ReadMessage> {
    while (this.#failure === null) {
      const stream = this.#current ?? this.#beginChunk();
      if (stream === null) return this.#failure ?? INCOMPLETE;
      const payload = this.#readChunk(stream);
      if (this.#current !== null) return INCOMPLETE;
      if (payload !== null) return this.#finish(stream, payload);
    }
    return this.#failure;
  }

  /**
   * Returns the offset of the earliest unfinished message, or null if the bytes so far end with a
   * message. Valid after `next` returned `incomplete`.
   */
  partialStart(): number | null {
    let earliest = this.#input.length > 0 ? this.#offset : Number.POSITIVE_INFINITY;
    for (const { partial } of this.#streams.values()) {
      if (partial) earliest = Math.min(earliest, partial.start);
    }
    return Number.isFinite(earliest) ? earliest : null;
  }

  /** Copies the bytes that were not read yet: the caller may change those that it has pushed. */
  own(): void {
    this.#input.own();
  }

  /** Returns the last header of each chunk stream. */
  lastHeaders(): LastHeader[] {
    return Array.from(this.#streams.values(), ({ csid, header, timestamp, partial }) => {
      return { csid, header, timestamp, isPartial: partial !== null };
    });
  }

  /** Parses a chunk's header. Returns null if it is incomplete or invalid. */
  #beginChunk(): ChunkStreamState | null {
    const bytes = this.#input.peek(MAX_HEADER_SIZE);
    const basic = parseBasicHeader(bytes);
    if (basic.kind !== 'value') return this.#give(basic);
    const stream = this.#streams.get(basic.value.csid);
    const size = stream?.partial
      ? this.#continueMessage(stream, basic, bytes)
      : this.#beginMessage(stream, basic, bytes);
    if (size.kind !== 'value') return this.#give(size);
    this.#advance(basic.consumed + size.consumed);
    return this.#enterChunk(size.value);
  }

  #beginMessage(
    stream: ChunkStreamState | undefined,
    basic: { value: BasicHeader; consumed: number },
    bytes: Buffer,
  ): Parsed<ChunkStreamState> {
    const { fmt, csid } = basic.value;
    const parsed = parseMessageHeader(bytes, basic.consumed, fmt, stream?.header);
    if (parsed.kind !== 'value') return parsed;
    const header = parsed.value;
    const problem = this.#overLimit(header, stream);
    if (problem) return invalid(problem);
    const timestamp = fmt === 0 ? header.time : ((stream?.timestamp ?? 0) + header.time) >>> 0;
    const partial = { start: this.#offset, fmt, payload: null, filled: 0 };
    const next = stream ?? { csid, header, timestamp, partial };
    if (stream) Object.assign(stream, { header, timestamp, partial });
    else this.#streams.set(csid, next);
    this.#announced += header.length;
    return value(next, parsed.consumed);
  }

  #overLimit(header: MessageHeader, stream: ChunkStreamState | undefined): string | null {
    if (header.length > this.#maxMessageSize) return `message of ${header.length} bytes`;
    if (this.#announced + header.length > this.#maxBuffered)
      return 'too much in unfinished messages';
    if (!stream && this.#streams.size >= this.#maxChunkStreams) return 'too many chunk streams';
    return null;
  }

  /**
   * Continues a message, which only fmt 3 may do. Some senders repeat the extended timestamp here
   * and some do not.
   */
  #continueMessage(
    stream: ChunkStreamState,
    basic: { value: BasicHeader; consumed: number },
    bytes: Buffer,
  ): Parsed<ChunkStreamState> {
    if (basic.value.fmt !== 3) return invalid(`fmt ${basic.value.fmt} inside a message`);
    if (!stream.header.extended) return value(stream, 0);
    if (bytes.length < basic.consumed + 4) return INCOMPLETE;
    const repeated = bytes.readUInt32BE(basic.consumed) === stream.header.time;
    return value(stream, repeated ? 4 : 0);
  }

  #enterChunk(stream: ChunkStreamState): ChunkStreamState {
    this.#current = stream;
    this.#chunkLeft = Math.min(
      this.#chunkSize,
      stream.header.length - (stream.partial?.filled ?? 0),
    );
    return stream;
  }

  /** Reads the available bytes of the chunk. Returns the payload if the message is now whole. */
  #readChunk(stream: ChunkStreamState): Buffer | null {
    const { partial, header } = stream;
    if (!partial) return null;
    if (this.#unkept.has(header.typeId)) this.#skip(stream, partial);
    while (this.#chunkLeft > 0 && this.#input.length > 0) {
      const bytes = this.#input.take(this.#chunkLeft);
      this.#offset += bytes.length;
      this.#chunkLeft -= bytes.length;
      keep(partial, bytes, header.length);
    }
    if (this.#chunkLeft > 0) return null;
    this.#current = null;
    return partial.filled === header.length ? (partial.payload ?? NOTHING) : null;
  }

  /** Skips payload that is not kept, and the chunk headers that only continue its message. */
  #skip({ csid, header }: ChunkStreamState, partial: Unfinished): void {
    const next = header.extended || csid >= 64 ? -1 : CONTINUES | csid;
    for (;;) {
      const size = Math.min(this.#chunkLeft, this.#input.length);
      this.#advance(size);
      this.#chunkLeft -= size;
      partial.filled += size;
      if (this.#chunkLeft > 0 || partial.filled === header.length) return;
      if (this.#input.first !== next) return;
      this.#advance(1);
      this.#chunkLeft = Math.min(this.#chunkSize, header.length - partial.filled);
    }
  }

  #finish(stream: ChunkStreamState, payload: Buffer): Parsed<ReadMessage> {
    const { csid, timestamp, header } = stream;
    const { typeId, streamId } = header;
    const { start, fmt } = stream.partial ?? { start: this.#offset, fmt: 3 as const };
    this.#drop(stream);
    const problem = this.#obey(typeId, payload);
    if (problem) {
      this.#failure = invalid(problem);
      return this.#failure;
    }
    const end = this.#offset;
    return value({ csid, timestamp, typeId, streamId, payload, start, end, fmt }, end - start);
  }

  /**
   * Applies the two messages that change how chunks are read (§5.4.1, §5.4.2). Returns a fault or
   * null.
   */
  #obey(typeId: number, payload: Buffer): string | null {
    if (typeId !== MessageType.setChunkSize && typeId !== MessageType.abort) return null;
    if (payload.length < 4) return `control message ${typeId} of ${payload.length} bytes`;
    const argument = payload.readUInt32BE(0);
    if (typeId === MessageType.abort) {
      const stream = this.#streams.get(argument);
      if (stream?.partial) this.#drop(stream);
      return null;
    }
    const size = argument & 0x7fffffff;
    if (size === 0) return 'chunk size 0';
    this.#chunkSize = Math.min(size, MAX_CHUNK_SIZE);
    return null;
  }

  #drop(stream: ChunkStreamState): void {
    stream.partial = null;
    this.#announced -= stream.header.length;
  }

  #give(parsed: Exclude<Parsed<unknown>, { kind: 'value' }>): null {
    if (parsed.kind === 'invalid') this.#failure = parsed;
    return null;
  }

  #advance(size: number): void {
    this.#input.skip(size);
    this.#offset += size;
  }
}
