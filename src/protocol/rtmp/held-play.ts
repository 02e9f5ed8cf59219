import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import { MAX_HEADER_SIZE } from './chunk-header.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { decodeCommand, decodeCommandHead, type RtmpCommand } from './command.js';
import type { Identified } from './identify.js';
import { MessageType } from './message.js';
import { callAnswer, PLAY_STARTED, pauseAnswer } from './play-start.js';

/** Most bytes recorded from a waiting player, which sends very little. */
const MAX_SAID = 64 * 1024;
/** Bytes of the AMF0 number (marker and 8 bytes) that follows the name in a command's head. */
const NUMBER_SIZE = 9;
/** Last character of a muted command's name: no command that a server knows ends in it. */
const MUTE = '~'.charCodeAt(0);
/** Commands that SRS knows but ignores while a client plays. */
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

/** State of a held player. `closed`: it has closed its stream and may name another. */
export type HeldState = 'playing' | 'paused' | 'closed';

/**
 * Serves a player whose stream has no publisher yet, in SRS's place. The player gets Play.Start at
 * once, and its commands are answered as SRS answers them during playback. Its bytes are recorded
 * for the child, which needs all of them to keep the client's chunk state. A command that was
 * answered here is *muted* in the record: renamed to one that no server knows, with transaction id
 * 0, so that the child does not answer it again.
 */
export class HeldPlay {
  readonly #client: Identified;
  readonly #reader = new ChunkReader({ maxMessageSize: MAX_SAID, maxBuffered: MAX_SAID });
  #said: Buffer;
  #length = 0;
  #replies: Buffer[] = [PLAY_STARTED];
  #state: HeldState = 'playing';
  /** The commands that named the stream, by position in the record; null: not read yet. */
  #play: ReadMessage | null = null;
  #createStreams: ReadMessage[] = [];
  /** Bytes recorded when the client closed its stream. */
  #closedAt = 0;

  constructor(client: Identified) {
    this.#client = client;
    this.#said = Buffer.allocUnsafe(client.recorded.length);
  }

  /** Reads the bytes that arrived together with `play`. Call it once, before `feed`. */
  begin(): Parsed<HeldState> {
    return this.feed(this.#client.recorded);
  }

  /** Takes the client's next bytes. `invalid` means that SRS would close the connection. */
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

  /** Number of bytes recorded, from `connect` on. */
  get size(): number {
    return this.#length;
  }

  /** Removes and returns the pending replies; the first one answers `play`. */
  takeReplies(): Buffer {
    const replies = Buffer.concat(this.#replies);
    this.#replies = [];
    return replies;
  }

  /** Returns the client for its child, marked as one that has had Play.Start. */
  letThrough(): Identified {
    return { ...this.#client, recorded: Buffer.from(this.#heard), hasStarted: true };
  }

  /** For a client that has closed its stream: the bytes recorded until then, and those behind. */
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

  /** Notes the commands that were answered before `play`. */
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

  /**
   * Mutes all commands of the closed stream. The last `createStream` stays: the client may use its
   * message stream for another name.
   */
  #close(message: ReadMessage): Parsed<void> {
    const given = [...this.#createStreams.slice(0, -1), this.#play ?? message];
    if (!given.every((one) => this.#mute(one))) return invalid('a command in pieces');
    this.#state = 'closed';
    this.#closedAt = message.end;
    return INCOMPLETE;
  }

  /** Mutes a command. Returns false if the command's head does not lie in one piece. */
  #mute(message: ReadMessage): boolean {
    const head = decodeCommandHead(message);
    if (head.kind !== 'value') return false;
    const bytes = message.payload.subarray(0, head.consumed);
    const near = this.#heard.subarray(
      message.start,
      message.start + MAX_HEADER_SIZE + bytes.length,
    );
    const at = near.indexOf(bytes);
    // An earlier call has muted it: its bytes differ from what the client sent.
    if (at < 0) return false;
    const number = at + bytes.length - NUMBER_SIZE;
    near.fill(0, number + 1, number + NUMBER_SIZE);
    if (head.value.name !== '') near[number - 1] = MUTE;
    return true;
  }
}
