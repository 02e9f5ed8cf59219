import { KeptBytes } from '../kept-bytes.js';
import { type Parsed, value } from '../result.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { encodeMessage } from './chunk-writer.js';
import { type CommandHead, decodeCommandHead } from './command.js';
import { isPingResponse, setChunkSize } from './control.js';
import type { Identified } from './identify.js';
import { PLAY_STEPS, type PlayStep, playStepOf } from './play-start.js';

/** Bytes. No answer up to `publish` is larger; media follows only once the connection is level. */
const MAX_MESSAGE_SIZE = 16 * 1024 * 1024;

/** Output for the client. Once `level`, the child's further bytes need no rewriting. */
export interface Leveled {
  readonly toClient: Buffer;
  readonly level: boolean;
}

type LevelerClient = Pick<
  Identified,
  'answered' | 'createStream' | 'pings' | 'chunkSize' | 'hasStarted'
>;

/**
 * Takes the child's answers to the replayed bytes and drops those that the client has had from us,
 * until client and child agree on chunk size and chunk headers. From then on bytes are relayed raw.
 *
 * A message with a full header (fmt 0) depends on nothing before it on its chunk stream (RTMP 1.0
 * §5.3.1.2). SRS begins every message with one, so the connection is level right behind its
 * `createStream` answer. A server that compresses headers shows it in its first answers; then the
 * first message of each chunk stream used before is rewritten with a full header, and the chunk
 * stream is level with the next one.
 */
export class ChildLeveler {
  readonly #reader = new ChunkReader({ maxMessageSize: MAX_MESSAGE_SIZE });
  readonly #createStream: number;
  /** Transactions that we have answered and the child has not yet. */
  readonly #awaited: Set<number>;
  /** Number of PingRequests that we have answered and the child has not yet. */
  #pings: number;
  /** Size of the chunks that the client expects. */
  readonly #told: number;
  /** Chunk streams whose header state the client lacks; `primed`: it has had a full header. */
  readonly #uneven = new Map<number, 'stale' | 'primed'>();
  #compresses = false;
  #streamOpen = false;
  /** Parts of the answer to `play` that the client has had and the child has yet to repeat. */
  readonly #starting: Set<PlayStep>;
  #passing = false;
  /** The child's bytes that are not processed yet. */
  readonly #kept = new KeptBytes();
  /** Offset up to which all bytes are dropped or in `#out`. */
  #doneTo = 0;
  #out: Buffer[] = [];

  constructor(client: LevelerClient) {
    const { answered, createStream, pings, chunkSize, hasStarted = false } = client;
    this.#awaited = new Set(answered);
    this.#pings = pings;
    this.#told = chunkSize;
    this.#starting = new Set(hasStarted ? PLAY_STEPS : []);
    this.#createStream = createStream;
  }

  /** Size of the child's chunks in bytes, as told so far. */
  get chunkSize(): number {
    return this.#reader.chunkSize;
  }

  /** Takes the child's next bytes, those behind its S2. */
  feed(bytes: Buffer): Parsed<Leveled> {
    this.#kept.push(bytes);
    this.#reader.push(bytes);
    for (;;) {
      const read = this.#reader.next();
      if (read.kind === 'invalid') return read;
      if (read.kind === 'incomplete') return value(this.#flush(false), bytes.length);
      this.#take(read.value);
      if (this.#isLevel()) return value(this.#flush(true), bytes.length);
    }
  }

  #take(message: ReadMessage): void {
    if (!this.#passing && !this.#dropAnswer(message)) {
      this.#startPassing(message.start);
      if (this.#isLevel()) return;
    }
    if (this.#passing && this.#doneTo < message.end) this.#pass(message);
  }

  /**
   * Drops a message that the client has had from us. Returns false if the message is for the
   * client.
   */
  #dropAnswer(message: ReadMessage): boolean {
    const command = headOf(message);
    const answers = command?.name === '_result' && this.#awaited.delete(command.transactionId);
    const repeats = answers || this.#dropPing(message);
    const starts = this.#streamOpen && !repeats && this.#dropStart(message);
    if (this.#streamOpen && !repeats && !starts) return false;
    if (message.fmt !== 0) this.#compresses = true;
    this.#uneven.set(message.csid, 'stale');
    this.#doneTo = message.end;
    if (answers && command.transactionId === this.#createStream) this.#streamOpen = true;
    if (command !== null && !starts && isVerdict(command)) {
      this.#rewrite(message, this.#told);
    }
    const isSettled = this.#awaited.size + this.#starting.size + this.#pings === 0;
    if (this.#streamOpen && isSettled) this.#startPassing(message.end);
    return true;
  }

  #dropPing(message: ReadMessage): boolean {
    if (this.#pings === 0 || !isPingResponse(message)) return false;
    this.#pings -= 1;
    return true;
  }

  #dropStart(message: ReadMessage): boolean {
    const step = this.#starting.size > 0 ? playStepOf(message) : null;
    return step !== null && this.#starting.delete(step);
  }

  #startPassing(from: number): void {
    this.#passing = true;
    this.#doneTo = from;
    const { chunkSize } = this.#reader;
    if (chunkSize === this.#told) return;
    this.#out.push(encodeMessage(setChunkSize(chunkSize), this.#told));
  }

  /** Passes a message on unchanged if the client can parse it, else with a full header. */
  #pass(message: ReadMessage): void {
    const state = this.#uneven.get(message.csid);
    const readable =
      state === undefined || message.fmt === 0 || (state === 'primed' && message.fmt !== 3);
    if (readable && message.start === this.#doneTo && !this.#straddles()) {
      this.#uneven.delete(message.csid);
      this.#out.push(this.#kept.slice(message.start, message.end));
    } else {
      this.#uneven.set(message.csid, 'primed');
      this.#rewrite(message, this.#reader.chunkSize);
    }
    this.#doneTo = Math.max(this.#doneTo, message.end);
  }

  #rewrite(message: ReadMessage, chunkSize: number): void {
    this.#out.push(encodeMessage(message, chunkSize));
  }

  #isLevel(): boolean {
    const even = !this.#compresses || this.#uneven.size === 0;
    return this.#passing && even && !this.#straddles();
  }

  /** Reports whether a message begins before `#doneTo` and ends behind it. */
  #straddles(): boolean {
    const start = this.#reader.partialStart();
    return start !== null && start < this.#doneTo;
  }

  #flush(level: boolean): Leveled {
    if (level) this.#out.push(this.#kept.slice(this.#doneTo, this.#kept.end));
    else this.#kept.forget(this.#doneTo);
    const toClient = Buffer.concat(this.#out);
    this.#out = [];
    return { toClient, level };
  }
}

function headOf(message: ReadMessage): CommandHead | null {
  const command = decodeCommandHead(message);
  return command.kind === 'value' ? command.value : null;
}

/** Reports whether the server refuses; the client must get that message unchanged in content. */
function isVerdict({ name }: CommandHead): boolean {
  return name === '_error' || name === 'onStatus';
}
