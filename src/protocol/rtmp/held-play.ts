import type { Parsed } from '../result.js';
import { encodeMessage } from './chunk-writer.js';
import type { RtmpCommand } from './command.js';
import { pingResponse } from './control.js';
import type { Identified } from './identify.js';
import type { RtmpMessage } from './message.js';
import { type PlayerState, PlayRecord } from './play-record.js';
import { callAnswer, pauseAnswer, playStarted } from './play-start.js';

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

/** A player as far as its waiting needs it. */
type HeldPlayer = Pick<Identified, 'recorded' | 'pings' | 'chunkSize'>;
/** The mark of a player that was answered. */
type Started = Required<Pick<Identified, 'hasStarted'>>;

/**
 * Serves a player whose stream has no publisher yet, in SRS's place. The player gets Play.Start at
 * once, and its commands are answered as SRS answers them during playback. Its bytes are recorded
 * for the child, without the commands that were answered here.
 */
export class HeldPlay<Client extends HeldPlayer = HeldPlayer> {
  readonly #client: Client;
  readonly #record: PlayRecord;
  #replies: RtmpMessage[] = playStarted();
  #pings: number;

  constructor(client: Client) {
    this.#client = client;
    this.#pings = client.pings;
    this.#record = new PlayRecord(client.recorded.length, {
      paused: (on) => void this.#replies.push(...pauseAnswer(on)),
      called: (command) => this.#answerCall(command),
      pinged: (time) => this.#answerPing(time),
    });
  }

  /** Reads the bytes that arrived together with `play`. Call it once, before `feed`. */
  begin(): Parsed<PlayerState> {
    return this.feed(this.#client.recorded);
  }

  /** Takes the client's next bytes. `invalid` means that SRS would close the connection. */
  feed(bytes: Buffer): Parsed<PlayerState> {
    return this.#record.feed(bytes);
  }

  /** Number of bytes recorded, from `connect` on. */
  get size(): number {
    return this.#record.size;
  }

  /** Returns a copy of the record. */
  copy(): Buffer {
    return this.#record.copy();
  }

  /** Removes and returns the pending replies; the first one answers `play`. */
  takeReplies(): Buffer {
    const { chunkSize } = this.#client;
    const replies = this.#replies.map((message) => encodeMessage(message, chunkSize));
    this.#replies = [];
    return Buffer.concat(replies);
  }

  /** Returns the client for its child, marked as one that has had Play.Start. */
  letThrough(): Client & Started {
    const recorded = this.#record.copy();
    return { ...this.#client, recorded, pings: this.#pings, hasStarted: true };
  }

  /** See `PlayRecord`. */
  closed(): ReturnType<PlayRecord['closed']> {
    return this.#record.closed();
  }

  #answerCall({ name, transactionId }: RtmpCommand): void {
    if (transactionId > 0 && !IGNORED.has(name)) this.#replies.push(callAnswer(transactionId));
  }

  #answerPing(time: number): void {
    this.#pings += 1;
    this.#replies.push(pingResponse(time));
  }
}
