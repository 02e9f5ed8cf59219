import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import { MAX_HEADER_SIZE } from './chunk-header.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { decodeCommand, decodeCommandHead, type RtmpCommand } from './command.js';
import type { Identified } from './identify.js';
import { MessageType } from './message.js';
import { callAnswer, PLAY_STARTED, pauseAnswer } from './play-start.js';

/** All that a client may have said when it is let through; bytes. Players that wait say next to nothing. */
const MAX_SAID = 64 * 1024;
/** Where the name ends in a command's head: behind it are a marker and a number of 8 bytes. */
const NUMBER_SIZE = 9;
/** No command that a server knows ends in it. */
const MUTE = '~'.charCodeAt(0);
/** Commands that SRS knows, and has no ear for while a client plays. */
const IGNORED: ReadonlySet<string> = new Set([
  'connect',
  'createStream',
  'play',
  'publish',
  'releaseStream',
  'FCPublish',
  'FCUnpublish',
  '@setDataFrame',
  'onMetaData',
]);

/** How a held player goes on. `closed`: it has given its stream up, and may name another one. */
export type HeldState = 'playing' | 'paused' | 'closed';

/**
 * A player whose stream nobody publishes yet, served in SRS's place: it is told at once that it plays,
 * and its commands are answered as SRS answers them between two pieces of media. What it says is
 * recorded for its child, which needs every byte to read on in the client's chunks; a command that has
 * had its answer is *muted* in there: a call of a name that nobody knows, and that asks for no answer.
 */
export class HeldPlay {
  readonly #client: Identified;
  readonly #reader = new ChunkReader({ maxMessageSize: MAX_SAID, maxBuffered: MAX_SAID });
  #said: Buffer;
  #length = 0;
  #replies: Buffer[] = [PLAY_STARTED];
  #state: HeldState = 'playing';
  /** Where the commands lie that named the stream; null: not read so far. */
  #play: ReadMessage | null = null;
  #createStreams: ReadMessage[] = [];
  /** Up to where the client had been heard when it closed its stream. */
  #closedAt = 0;

  constructor(client: Identified) {
    this.#client = client;
    this.#said = Buffer.allocUnsafe(client.recorded.length);
  }

  /** Reads what came together with `play`; to be called once, before `feed`. */
  begin(): Parsed<HeldState> {
    return this.feed(this.#client.recorded);
  }

  /** Takes the client's next bytes. Invalid: SRS would close the connection. */
  feed(bytes: Buffer): Parsed<HeldState> {
    if (this.#length + bytes.length > MAX_SAID) {
      return invalid(`more than ${MAX_SAID} bytes from a player that waits`);
    }
    this.#keep(bytes);
    this.#reader.push(bytes);
    while (this.#state !== 'closed') {
      const read = this.#reader.next();
      if (read.kind === 'invalid') return read;
      if (read.kind === 'incomplete') break;
      const outcome = this.#take(read.value);
      if (outcome.kind === 'invalid') return outcome;
    }
    return value(this.#state, bytes.length);
  }

  /** Bytes that the client has said, from `connect` on. */
  get size(): number {
    return this.#length;
  }

  /** The answers that are due, the one to `play` first. */
  takeReplies(): Buffer {
    const replies = Buffer.concat(this.#replies);
    this.#replies = [];
    return replies;
  }

  /** The client as its child is to know it: one that has been told already that it plays. */
  letThrough(): Identified {
    return { ...this.#client, recorded: Buffer.from(this.#heard), hasStarted: true };
  }

  /** Of a client that has closed its stream: what was heard until then, and what came behind it. */
  closed(): { readonly heard: Buffer; readonly rest: Buffer } {
    const all = Buffer.from(this.#heard);
    return { heard: all.subarray(0, this.#closedAt), rest: all.subarray(this.#closedAt) };
  }

  get #heard(): Buffer {
    return this.#said.subarray(0, this.#length);
  }

  #keep(bytes: Buffer): void {
    const end = this.#length + bytes.length;
    if (end > this.#said.length) {
      const more = Buffer.allocUnsafe(Math.max(end, 2 * this.#said.length));
      this.#heard.copy(more);
      this.#said = more;
    }
    bytes.copy(this.#said, this.#length);
    this.#length = end;
  }

  #take(message: ReadMessage): Parsed<void> {
    const { typeId } = message;
    if (typeId !== MessageType.commandAmf0 && typeId !== MessageType.commandAmf3) return INCOMPLETE;
    const command = decodeCommand(message);
    if (command.kind === 'invalid') return command;
    if (command.kind === 'incomplete') return invalid('truncated command');
    return this.#play === null
      ? this.#find(message, command.value)
      : this.#hear(message, command.value);
  }

  /** Until `play` the client has had its answers. */
  #find(message: ReadMessage, { name, args }: RtmpCommand): Parsed<void> {
    if (name === 'createStream') this.#createStreams.push(message);
    if (name === 'play' && typeof args[0] === 'string') this.#play = message;
    return INCOMPLETE;
  }

  #hear(message: ReadMessage, command: RtmpCommand): Parsed<void> {
    const { name, transactionId, args } = command;
    if (name === '_result' || name === '_error') return invalid('an answer that nobody asked for');
    if (!this.#mute(message)) return invalid('a command in pieces');
    if (name === 'closeStream') return this.#close(message);
    if (name === 'pause') this.#pause(args[0] === true);
    else if (transactionId > 0 && !IGNORED.has(name)) this.#replies.push(callAnswer(transactionId));
    return INCOMPLETE;
  }

  #pause(on: boolean): void {
    this.#state = on ? 'paused' : 'playing';
    this.#replies.push(pauseAnswer(on));
  }

  /** The last message stream stays open: the client may use it for another name. */
  #close(message: ReadMessage): Parsed<void> {
    const given = [...this.#createStreams.slice(0, -1), this.#play ?? message];
    if (!given.every((one) => this.#mute(one))) return invalid('a command in pieces');
    this.#state = 'closed';
    this.#closedAt = message.end;
    return INCOMPLETE;
  }

  /** False where the head of the command does not lie in one piece. */
  #mute(message: ReadMessage): boolean {
    const head = decodeCommandHead(message);
    if (head.kind !== 'value') return false;
    const bytes = message.payload.subarray(0, head.consumed);
    const near = this.#heard.subarray(
      message.start,
      message.start + MAX_HEADER_SIZE + bytes.length,
    );
    const at = near.indexOf(bytes);
    // It has been muted already: nothing of it is as the client sent it.
    if (at < 0) return false;
    const number = at + bytes.length - NUMBER_SIZE;
    near.fill(0, number + 1, number + NUMBER_SIZE);
    if (head.value.name !== '') near[number - 1] = MUTE;
    return true;
  }
}
