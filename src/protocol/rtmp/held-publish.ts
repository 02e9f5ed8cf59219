import { inOwnMemory } from '../append.js';
import { invalid, type Parsed, value } from '../result.js';
import { ChunkReader, type ReadMessage } from './chunk-reader.js';
import { stateAfter } from './chunk-state.js';
import { encodeMessage } from './chunk-writer.js';
import { decodeCommandHead } from './command.js';
import { acknowledgement, pingRequestOf, pingResponse } from './control.js';
import { HANDSHAKE_SIZE } from './handshake.js';
import type { Identified } from './identify.js';
import { LatestGroup } from './latest-group.js';
import { MessageType, type RtmpMessage } from './message.js';
import { endsStream, isOfFmle } from './publish-record.js';
import { fcPublished, publishStarted } from './publish-start.js';

/** Bytes of a message; no frame of a live stream is larger. */
const MAX_MESSAGE_SIZE = 8 * 1024 * 1024;
/** Most bytes of the last messages of all chunk streams, which are repeated to the child. */
const MAX_REPEATED = 16 * 1024 * 1024;
/** The lowest id of a chunk stream that is not the protocol's own. */
const FIRST_CSID = 3;
/** Bytes of a client's handshake, which Acknowledgements count. */
const HELLO_SIZE = 1 + 2 * HANDSHAKE_SIZE;

/**
 * State of a publisher that waits. `cut`: it has been read up to the end of a message, as `cut` had
 * asked. `ended`: it has ended its stream.
 */
export type WaitingState = 'waits' | 'cut' | 'ended';

type HeldPublisher = Pick<Identified, 'recorded' | 'pings' | 'chunkSize'>;

/**
 * Serves a publisher that waits while another one has its stream, in SRS's place: it gets
 * Publish.Start at once, and of its media only those since the last keyframe are kept.
 *
 * When its turn comes it is read up to the end of a message, and `letThrough` makes a record for
 * the child: its calls, messages that leave each of its chunk streams as they are, then `publish`
 * and the media on a chunk stream that it does not use. The child can then read what it says next,
 * and nothing has to be rewritten for as long as it publishes.
 */
export class HeldPublish<Client extends HeldPublisher = HeldPublisher> {
  readonly #client: Client;
  readonly #reader = new ChunkReader({ maxMessageSize: MAX_MESSAGE_SIZE });
  readonly #group = new LatestGroup();
  /** Its calls before `publish`. */
  readonly #calls: RtmpMessage[] = [];
  #publish: RtmpMessage | null = null;
  #isFmle = false;
  #window: number | null = null;
  /** Number of bytes pushed, and of those that were acknowledged, with the handshake. */
  #fed = 0;
  #acknowledged = 0;
  #replies: RtmpMessage[] = [];
  #wantsCut = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(client: Client) {
    this.#client = client;
  }

  /** Reads the bytes up to `publish` and those that came with it. To be called once, first. */
  begin(): Parsed<WaitingState> {
    const state = this.feed(this.#client.recorded);
    const started = [...(this.#isFmle ? [fcPublished()] : []), publishStarted()];
    this.#replies.unshift(...started);
    return state;
  }

  /** Takes its next bytes, which may not change afterwards. `invalid`: SRS would close it. */
  feed(bytes: Buffer): Parsed<WaitingState> {
    this.#fed += bytes.length;
    this.#reader.push(bytes);
    for (;;) {
      const read = this.#reader.next();
      if (read.kind === 'invalid') return read;
      if (read.kind === 'incomplete') break;
      const state = this.#hear(read.value);
      if (state === 'waits') continue;
      this.#rest = bytes.subarray(bytes.length - (this.#fed - read.value.end));
      return value(state, bytes.length);
    }
    this.#acknowledge();
    return value('waits', bytes.length);
  }

  /** A stream can begin with what is kept. */
  get isReady(): boolean {
    return this.#group.isReady;
  }

  /** Number of bytes read, from `connect` on. */
  get size(): number {
    return this.#fed;
  }

  /** Has `feed` stop behind the next message; true: it has been read up to the end of one now. */
  cut(): boolean {
    this.#wantsCut = true;
    return this.#reader.partialStart() === null;
  }

  /** Removes and returns the pending replies; the first ones answer `publish`. */
  takeReplies(): Buffer {
    const { chunkSize } = this.#client;
    const replies = this.#replies.map((message) => encodeMessage(message, chunkSize));
    this.#replies = [];
    return Buffer.concat(replies);
  }

  /** Returns the client for its child, once it has been cut; `invalid`: it cannot be repeated. */
  letThrough(): Parsed<Client> {
    const { chunkSize } = this.#reader;
    const sizes = this.#reader.lastHeaders().map(({ header }) => header.length);
    if (sizes.reduce((sum, size) => sum + size, 0) > MAX_REPEATED) {
      return invalid('its chunk streams are too large to be repeated');
    }
    const csid = this.#spare();
    const begin = [...(this.#publish ? [this.#publish] : []), ...this.#group.messages()];
    const said = { reader: this.#reader, window: this.#window };
    const recorded = inOwnMemory([
      ...stateAfter(said, this.#calls, MAX_MESSAGE_SIZE),
      ...begin.map((message) => encodeMessage({ ...message, csid }, chunkSize)),
      this.#rest,
    ]);
    return value({ ...this.#client, recorded, pings: 0 }, recorded.length);
  }

  #hear(message: ReadMessage): WaitingState {
    const { typeId, payload } = message;
    const ping = pingRequestOf(message);
    // Those before `publish` were answered when it was identified.
    if (ping !== null && this.#publish !== null) this.#replies.push(pingResponse(ping));
    if (typeId === MessageType.windowAckSize && payload.length >= 4) {
      this.#window = payload.readUInt32BE(0);
    }
    const isCommand = typeId === MessageType.commandAmf0 || typeId === MessageType.commandAmf3;
    if (isCommand && this.#ends(message)) return 'ended';
    if (this.#publish !== null && !isCommand) this.#group.add(message);
    const isBetween = () => !this.#reader.lastHeaders().some(({ isPartial }) => isPartial);
    return this.#wantsCut && isBetween() ? 'cut' : 'waits';
  }

  /** Notes a command, and answers whether it ends the stream. */
  #ends(message: ReadMessage): boolean {
    const head = decodeCommandHead(message);
    if (head.kind !== 'value') return false;
    const { name } = head.value;
    if (this.#publish !== null) return endsStream(name, this.#isFmle);
    const said = { ...message, payload: Buffer.from(message.payload) };
    if (name === 'publish') this.#publish = said;
    else this.#calls.push(said);
    if (isOfFmle(name)) this.#isFmle = true;
    return false;
  }

  /** SRS acknowledges each half of the client's window. */
  #acknowledge(): void {
    const window = this.#window ?? 0;
    const received = HELLO_SIZE + this.#fed;
    if (window === 0 || received - this.#acknowledged < window / 2) return;
    this.#acknowledged = received;
    this.#replies.push(acknowledgement(received));
  }

  /** Returns the id of a chunk stream that the client does not use. */
  #spare(): number {
    const used = new Set(this.#reader.lastHeaders().map(({ csid }) => csid));
    let csid = FIRST_CSID;
    while (used.has(csid)) csid += 1;
    return csid;
  }
}
