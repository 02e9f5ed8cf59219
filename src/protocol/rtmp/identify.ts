import type { Role } from '../../stream-key.js';
import { append, inOwnMemory } from '../append.js';
import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import type { Amf0Object, Amf0Value } from './amf0.js';
import { ChunkReader } from './chunk-reader.js';
import { encodeMessage } from './chunk-writer.js';
import { decodeCommand, encodeCommand, type RtmpCommand } from './command.js';
import { connectAnswer, type ServerIdentity } from './connect-answer.js';
import { pingRequestOf, pingResponse } from './control.js';
import { type GreetingSizes, greeting, sizesFor } from './greeting.js';
import { buildS0S1S2, HANDSHAKE_SIZE, parseC0C1 } from './handshake.js';
import { ChunkStream, DEFAULT_CHUNK_SIZE, MessageType, type RtmpMessage } from './message.js';
import { readPlayArguments } from './play-arguments.js';
import { isMuted } from './play-record.js';
import { parseStreamUrl, type StreamUrl } from './stream-url.js';

/** Bytes. Commands before `publish` or `play` are far shorter. */
const MAX_MESSAGE_SIZE = 64 * 1024;
/** Most bytes that a client may send before it names a stream. */
const MAX_RECORDED = 256 * 1024;
/** Most commands before that. The most talkative known client sends ten. */
const MAX_COMMANDS = 128;
/** The id that SRS gives every message stream. */
export const MEDIA_STREAM_ID = 1;

/** An identified client: the stream, and the bytes that its child must receive. */
export interface Identified {
  readonly role: Role;
  readonly url: StreamUrl;
  /** All bytes of the client read so far, from `connect` on. */
  readonly recorded: Buffer;
  /** Transactions that we have answered, and that the child will answer again. */
  readonly answered: ReadonlySet<number>;
  /** The last answered transaction that opened a message stream. */
  readonly createStream: number;
  /** Number of PingRequests that we have answered, and that the child will answer again. */
  readonly pings: number;
  /** Size of the chunks that the client expects from the server. */
  readonly chunkSize: number;
  /** Fields of `connect`; `pageUrl` is '' if the client sent none. */
  readonly tcUrl: string;
  readonly pageUrl: string;
  /** Bytes of all our replies so far. */
  readonly sent: number;
  /** Set for a player that has had Play.Start already: see `HeldPlay`. */
  readonly hasStarted?: true;
  /** Set for a player that the server closes after a time, or at once. */
  readonly hasLimit?: true;
}

export interface IdentifierOptions {
  readonly server: ServerIdentity;
  /** Milliseconds for S1; any value will do. */
  readonly time: number;
  /** Random bytes for S1 and S2. */
  readonly random: Buffer;
  /** Sizes to tell, by vhost, the default one included; default: SRS's own. */
  readonly vhostSizes?: Readonly<Record<string, GreetingSizes>>;
}

type Step = (bytes: Buffer) => Parsed<Identified>;
type Handler = (self: RtmpIdentifier, command: RtmpCommand) => Parsed<Identified>;

/** Commands that SRS knows, and does not answer before a stream is begun. */
const UNANSWERED: ReadonlySet<string> = new Set([
  '_result',
  '_error',
  'onStatus',
  'closeStream',
  'pause',
  '@setDataFrame',
  'onMetaData',
]);

/**
 * The server's side of an RTMP connection until the client names its stream: handshake, `connect`,
 * `releaseStream`, `FCPublish`, `createStream`. Answers as SRS does and records the client's bytes,
 * so that they can be sent to a child in one flight.
 */
export class RtmpIdentifier {
  static readonly #HANDLERS: Readonly<Record<string, Handler>> = {
    connect: (self, command) => self.#connect(command),
    releaseStream: (self, command) => self.#acknowledge(command),
    FCPublish: (self, command) => self.#acknowledge(command),
    createStream: (self, command) => self.#createStream(command),
    publish: (self, command) => self.#name('publish', command),
    play: (self, command) => self.#name('play', command),
  };

  readonly #options: IdentifierOptions;
  readonly #reader = new ChunkReader({
    maxMessageSize: MAX_MESSAGE_SIZE,
    maxBuffered: MAX_RECORDED,
  });
  readonly #answered = new Set<number>();
  #step: Step = (bytes) => this.#readC0C1(bytes);
  #pending: Buffer = Buffer.alloc(0);
  #recorded: Buffer[] = [];
  #recordedBytes = 0;
  #commands = 0;
  #pings = 0;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #replies: Buffer[] = [];
  #sent = 0;
  #tcUrl: string | null = null;
  #pageUrl = '';
  #createStreamId: number | null = null;
  /** The client has called `releaseStream`, `FCPublish` or `createStream`. */
  #isBegun = false;

  constructor(options: IdentifierOptions) {
    this.#options = options;
  }

  /** Takes the client's next bytes. Afterwards send `takeReplies`, whatever the result. */
  feed(bytes: Buffer): Parsed<Identified> {
    return this.#step(bytes);
  }

  /**
   * Continues behind `heard`, bytes from `connect` on that another object has read and answered.
   * Commands of a stream that the client has closed must be muted in them.
   */
  resume(heard: Buffer): Parsed<Identified> {
    this.#step = (more) => this.#readCommands(more);
    const outcome = this.#readCommands(heard);
    this.#replies = [];
    return outcome;
  }

  takeReplies(): Buffer {
    const replies = Buffer.concat(this.#replies);
    this.#replies = [];
    return replies;
  }

  #readC0C1(bytes: Buffer): Parsed<Identified> {
    this.#pending = append(this.#pending, bytes);
    const hello = parseC0C1(this.#pending);
    if (hello.kind !== 'value') return hello;
    const { time, random } = this.#options;
    this.#send(buildS0S1S2(hello.value, { time, random }));
    const rest = this.#pending.subarray(hello.consumed);
    this.#pending = Buffer.alloc(0);
    this.#step = (more) => this.#readC2(more);
    return this.#readC2(rest);
  }

  /** Skips C2: no server needs its content. */
  #readC2(bytes: Buffer): Parsed<Identified> {
    this.#pending = append(this.#pending, bytes);
    if (this.#pending.length < HANDSHAKE_SIZE) return INCOMPLETE;
    const rest = this.#pending.subarray(HANDSHAKE_SIZE);
    this.#pending = Buffer.alloc(0);
    this.#step = (more) => this.#readCommands(more);
    return this.#readCommands(rest);
  }

  #readCommands(bytes: Buffer): Parsed<Identified> {
    this.#recorded.push(bytes);
    this.#recordedBytes += bytes.length;
    this.#reader.push(bytes);
    for (;;) {
      const read = this.#reader.next();
      if (read.kind === 'invalid') return read;
      if (read.kind === 'incomplete') break;
      const outcome = this.#handle(read.value);
      if (outcome.kind !== 'incomplete') return outcome;
    }
    if (this.#recordedBytes > MAX_RECORDED)
      return invalid(`no stream named in ${MAX_RECORDED} bytes`);
    return INCOMPLETE;
  }

  #handle(message: RtmpMessage): Parsed<Identified> {
    const { typeId } = message;
    const ping = pingRequestOf(message);
    if (ping !== null) this.#answerPing(ping);
    if (typeId !== MessageType.commandAmf0 && typeId !== MessageType.commandAmf3) return INCOMPLETE;
    this.#commands += 1;
    if (this.#commands > MAX_COMMANDS)
      return invalid(`no stream named in ${MAX_COMMANDS} commands`);
    const command = decodeCommand(message);
    if (command.kind === 'invalid') return command;
    if (command.kind === 'incomplete') return invalid('truncated command');
    const { name } = command.value;
    if (this.#tcUrl === null && name !== 'connect') return invalid(`command before connect`);
    const handlers = RtmpIdentifier.#HANDLERS;
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    return handler ? handler(this, command.value) : this.#call(command.value);
  }

  /** Answers an unknown call (Haivision's `_checkbw`) with null, as long as no stream is begun. */
  #call(command: RtmpCommand): Parsed<Identified> {
    const { name } = command;
    const isHeard = UNANSWERED.has(name) || isMuted(name);
    if (!this.#isBegun && !isHeard) this.#answer(command, [null, null]);
    return INCOMPLETE;
  }

  #connect(command: RtmpCommand): Parsed<Identified> {
    const { object } = command;
    const tcUrl = isObject(object) ? object.tcUrl : undefined;
    if (typeof tcUrl !== 'string' || tcUrl === '') return invalid('connect without tcUrl');
    this.#tcUrl = tcUrl;
    const pageUrl = isObject(object) ? object.pageUrl : undefined;
    if (typeof pageUrl === 'string') this.#pageUrl = pageUrl;
    const sizes = sizesFor(tcUrl, this.#options.vhostSizes);
    this.#send(greeting(sizes));
    this.#chunkSize = sizes.chunk;
    const encoding = isObject(object) && object.objectEncoding === 3 ? 3 : 0;
    this.#answer(command, connectAnswer(this.#options.server, encoding));
    this.#send(this.#encoded('onBWDone', 0, [null]));
    return INCOMPLETE;
  }

  #acknowledge(command: RtmpCommand): Parsed<Identified> {
    this.#isBegun = true;
    this.#answer(command, [null, undefined]);
    return INCOMPLETE;
  }

  #createStream(command: RtmpCommand): Parsed<Identified> {
    this.#isBegun = true;
    this.#createStreamId = command.transactionId;
    this.#answer(command, [null, MEDIA_STREAM_ID]);
    return INCOMPLETE;
  }

  #name(role: Role, command: RtmpCommand): Parsed<Identified> {
    const [stream] = command.args;
    if (typeof stream !== 'string') return invalid(`${role} without a stream name`);
    if (this.#createStreamId === null) return invalid(`${role} before createStream`);
    const tcUrl = this.#tcUrl ?? '';
    const url = parseStreamUrl(tcUrl, stream);
    if (url.kind === 'invalid') return url;
    if (url.kind === 'incomplete') return invalid('truncated stream url');
    const recorded = inOwnMemory(this.#recorded);
    const createStream = this.#createStreamId;
    const said = { recorded, tcUrl, pageUrl: this.#pageUrl };
    const answers = { answered: this.#answered, createStream, pings: this.#pings };
    const told = { ...answers, chunkSize: this.#chunkSize, sent: this.#sent };
    const limit = role === 'play' && hasLimit(command.args) ? ({ hasLimit: true } as const) : {};
    return value({ role, url: url.value, ...said, ...told, ...limit }, 0);
  }

  #send(reply: Buffer): void {
    this.#sent += reply.length;
    this.#replies.push(reply);
  }

  #answer({ transactionId }: RtmpCommand, values: [Amf0Value, ...Amf0Value[]]): void {
    this.#answered.add(transactionId);
    this.#send(this.#encoded('_result', transactionId, values));
  }

  #answerPing(time: number): void {
    this.#pings += 1;
    this.#send(encodeMessage(pingResponse(time), this.#chunkSize));
  }

  #encoded(
    name: string,
    transactionId: number,
    [object, ...args]: [Amf0Value, ...Amf0Value[]],
  ): Buffer {
    const ids = { csid: ChunkStream.command, streamId: 0 };
    const message = encodeCommand({ name, transactionId, object, args }, ids);
    return encodeMessage(message, this.#chunkSize);
  }
}

function hasLimit(args: readonly Amf0Value[]): boolean {
  const play = readPlayArguments(args);
  return play === null || play.limitMs > 0;
}

function isObject(candidate: Amf0Value): candidate is Amf0Object {
  const isPlain = typeof candidate === 'object' && candidate !== null;
  return isPlain && !Array.isArray(candidate) && !(candidate instanceof Date);
}

/**
 * Builds an `onStatus` of level error, which refuses a stream. Players and publishers print its
 * description. `chunkSize`: bytes, as the client expects them. `isBusy`: another publisher has it.
 */
export function refusal(
  role: Role,
  description: string,
  chunkSize: number,
  isBusy = false,
): Buffer {
  const failed = role === 'publish' ? 'NetStream.Publish.Failed' : 'NetStream.Play.Failed';
  const code = isBusy ? 'NetStream.Publish.BadName' : failed;
  const status = { level: 'error', code, description };
  const command = { name: 'onStatus', transactionId: 0, object: null, args: [status] };
  const ids = { csid: ChunkStream.onStatus, streamId: MEDIA_STREAM_ID };
  return encodeMessage(encodeCommand(command, ids), chunkSize);
}
