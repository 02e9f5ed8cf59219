import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';
import { EXTENDED_TIME, MAX_HEADER_SIZE } from './chunk-header.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { decodeCommand, decodeCommandHead, type RtmpCommand } from './command.js';
import { pingRequestOf } from './control.js';
import { MessageType } from './message.js';

/** Most bytes recorded from a player, which sends very little. */
export const MAX_SAID = 64 * 1024;
/** Bytes of the AMF0 number (marker and 8 bytes) that follows the name in a command's head. */
const NUMBER_SIZE = 9;
/** Last character of a muted command's name: no command that a server knows ends in it. */
export const MUTED_END = '~';
const MUTE = MUTED_END.charCodeAt(0);

/** State of a player. `closed`: it has closed its stream and may name another. */
export type PlayerState = 'playing' | 'paused' | 'closed';

/** The bytes of a client that has ended its stream: commands that were answered are muted. */
export interface ClosedRecord {
  /** With its last `createStream`: it may use that message stream for another name. */
  readonly heard: Buffer;
  /** Without any: SRS takes the calls behind one for those of another kind of publisher. */
  readonly bare: Buffer;
  /** Bytes behind the end. */
  readonly rest: Buffer;
}

/** Requests of a player that a server answers during playback. */
export interface PlayerEvents {
  paused(on: boolean): void;
  /** A call that is not for the stream. */
  called(command: RtmpCommand): void;
  /** A PingRequest with its time, in milliseconds. */
  pinged(time: number): void;
}

/** Position of the transaction id in a recorded command, and whether the command has a name. */
interface Head {
  readonly number: number;
  readonly hasName: boolean;
}

/**
 * Records what a player says from `connect` on. A child that gets the record has the client's chunk
 * state. A command that must not be answered again is *muted* in the record: renamed to one that no
 * server knows, with transaction id 0.
 */
export class PlayRecord {
  readonly #events: PlayerEvents;
  readonly #reader = new ChunkReader({ maxMessageSize: MAX_SAID, maxBuffered: MAX_SAID });
  #said: Buffer;
  #length = 0;
  /** Number of bytes that were read and not recorded. */
  #left = 0;
  #state: PlayerState = 'playing';
  /** The commands that named the stream; null: not read yet. */
  #play: Head | null = null;
  #createStreams: Head[] = [];
  /** The chunk stream whose last message was an Acknowledgement. */
  #ackStream: number | null = null;
  /** Bytes recorded when the client closed its stream. */
  #closedAt = 0;

  /** `size`: bytes that will be recorded at once. */
  constructor(size: number, events: PlayerEvents) {
    this.#events = events;
    this.#said = Buffer.allocUnsafeSlow(size);
  }

  /**
   * Takes the client's next bytes, the first ones up to `play`. `invalid` means that SRS would
   * close the connection, or that the record would become too long.
   */
  feed(bytes: Buffer): Parsed<PlayerState> {
    if (this.#length + bytes.length > MAX_SAID) {
      return invalid(`more than ${MAX_SAID} bytes from a player`);
    }
    const begin = this.#length;
    this.#keep(bytes);
    this.#reader.push(bytes);
    let repeated = 0;
    while (this.#state !== 'closed') {
      const read = this.#reader.next();
      if (read.kind === 'invalid') return read;
      if (read.kind === 'incomplete') break;
      const outcome = this.#take(read.value);
      if (outcome.kind === 'invalid') return outcome;
      if (this.#repeatsAck(read.value)) repeated += read.consumed;
    }
    if (repeated === bytes.length) this.#forget(begin);
    return value(this.#state, bytes.length);
  }

  /** Number of bytes recorded, from `connect` on. */
  get size(): number {
    return this.#length;
  }

  /** Returns a copy of the record. */
  copy(): Buffer {
    return Buffer.from(this.#heard);
  }

  /** For a client that has closed its stream. */
  closed(): ClosedRecord {
    const all = this.copy();
    const heard = all.subarray(0, this.#closedAt);
    for (const head of this.#createStreams) this.#mute(head);
    const bare = this.copy().subarray(0, this.#closedAt);
    return { heard, bare, rest: all.subarray(this.#closedAt) };
  }

  get #heard(): Buffer {
    return this.#said.subarray(0, this.#length);
  }

  #keep(bytes: Buffer): void {
    const end = this.#length + bytes.length;
    if (end > this.#said.length) {
      const more = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#said.length));
      this.#heard.copy(more);
      this.#said = more;
    }
    bytes.copy(this.#said, this.#length);
    this.#length = end;
  }

  /** Removes the last bytes, which leave chunk state as it was: acknowledgements come for hours. */
  #forget(from: number): void {
    this.#left += this.#length - from;
    this.#length = from;
  }

  /** Reports whether a message says the same as the one before it on its chunk stream. */
  #repeatsAck({ typeId, csid, payload, timestamp, streamId }: ReadMessage): boolean {
    const isPlain = payload.length === 4 && streamId === 0 && timestamp < EXTENDED_TIME;
    const isAck = typeId === MessageType.acknowledgement && isPlain;
    const repeats = isAck && csid === this.#ackStream;
    if (isAck) this.#ackStream = csid;
    else if (csid === this.#ackStream) this.#ackStream = null;
    return repeats;
  }

  #take(message: ReadMessage): Parsed<void> {
    const { typeId } = message;
    const ping = pingRequestOf(message);
    if (ping !== null && this.#play !== null) this.#events.pinged(ping);
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
    const isPlay = name === 'play' && typeof args[0] === 'string';
    if (!isPlay && name !== 'createStream') return INCOMPLETE;
    const head = this.#headOf(message);
    if (head === null) return invalid('a command in pieces');
    if (isPlay) this.#play = head;
    else this.#createStreams.push(head);
    return INCOMPLETE;
  }

  #hear(message: ReadMessage, command: RtmpCommand): Parsed<void> {
    const { name, args } = command;
    if (name === '_result' || name === '_error') return invalid('an answer that nobody asked for');
    const head = this.#headOf(message);
    if (head === null) return invalid('a command in pieces');
    this.#mute(head);
    if (name === 'closeStream') this.#close(message);
    else if (name === 'pause') this.#pause(args[0] === true);
    else this.#events.called(command);
    return INCOMPLETE;
  }

  #pause(on: boolean): void {
    this.#state = on ? 'paused' : 'playing';
    this.#events.paused(on);
  }

  /**
   * Mutes all commands of the closed stream. The last `createStream` stays: the client may use its
   * message stream for another name.
   */
  #close({ end }: ReadMessage): void {
    for (const head of this.#createStreams.slice(0, -1)) this.#mute(head);
    if (this.#play !== null) this.#mute(this.#play);
    this.#state = 'closed';
    this.#closedAt = end - this.#left;
  }

  /** Finds a command's head in the record; null if it does not lie in one piece. */
  #headOf(message: ReadMessage): Head | null {
    const head = decodeCommandHead(message);
    if (head.kind !== 'value') return null;
    const bytes = message.payload.subarray(0, head.consumed);
    const start = message.start - this.#left;
    const near = this.#heard.subarray(start, start + MAX_HEADER_SIZE + bytes.length);
    const at = near.indexOf(bytes);
    if (at < 0) return null;
    return { number: start + at + bytes.length - NUMBER_SIZE, hasName: head.value.name !== '' };
  }

  #mute({ number, hasName }: Head): void {
    this.#said.fill(0, number + 1, number + NUMBER_SIZE);
    if (hasName) this.#said[number - 1] = MUTE;
  }
}

/** Reports whether a command is a muted one. */
export function isMuted(name: string): boolean {
  return name.endsWith(MUTED_END);
}
