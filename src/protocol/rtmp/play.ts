import { type Parsed, value } from '../result.js';
import type { Amf0Value } from './amf0.js';
import { ChunkReader } from './chunk-reader.js';
import { encodeMessage } from './chunk-writer.js';
import { decodeCommand, encodeCommand, type RtmpCommand } from './command.js';
import { SERVER_HANDSHAKE_SIZE } from './handshake.js';
import { MEDIA_STREAM_ID } from './identify.js';
import { ChunkStream, DEFAULT_CHUNK_SIZE, MessageType } from './message.js';

/** A call that servers do not know but answer. */
const PLACE = { name: 'getStreamLength', transactionId: 4 };

/**
 * Builds what a player sends behind its handshake, in one flight: `connect`, `createStream`, `play`
 * and one more call. SRS sends Play.Start before it asks its on_play hook, but answers the last
 * call only after the hook has accepted the player.
 */
export function playCommands(tcUrl: string, app: string, stream: string): Buffer {
  return Buffer.concat([
    call('connect', 1, [{ app, flashVer: 'LNX 9,0,124,2', tcUrl }]),
    call('createStream', 2, [null]),
    call('play', 3, [null, stream], MEDIA_STREAM_ID),
    call(PLACE.name, PLACE.transactionId, [null, stream]),
  ]);
}

function call(name: string, transactionId: number, values: Amf0Value[], streamId = 0): Buffer {
  const [object = null, ...args] = values;
  const command = { name, transactionId, object, args };
  const message = encodeCommand(command, { csid: ChunkStream.command, streamId });
  return encodeMessage(message, DEFAULT_CHUNK_SIZE);
}

/** Progress of a player: `started` means the hook accepted it, `media` that media has arrived. */
export type PlayState = 'asked' | 'started' | 'media';

/** Parses all that a server sends to a player. */
export class PlayAnswers {
  readonly #reader = new ChunkReader();
  #handshake = SERVER_HANDSHAKE_SIZE;
  #state: PlayState = 'asked';

  /** Returns the progress after these bytes; invalid if they are not RTMP. */
  feed(bytes: Buffer): Parsed<PlayState> {
    const rest = bytes.subarray(Math.min(this.#handshake, bytes.length));
    this.#handshake -= bytes.length - rest.length;
    this.#reader.push(rest);
    let next = this.#reader.next();
    for (; next.kind === 'value'; next = this.#reader.next()) {
      const { typeId } = next.value;
      if (typeId === MessageType.audio || typeId === MessageType.video) this.#state = 'media';
      else if (this.#state === 'asked' && isStart(decodeCommand(next.value))) {
        this.#state = 'started';
      }
    }
    return next.kind === 'invalid' ? next : value(this.#state, bytes.length);
  }
}

function isStart(command: Parsed<RtmpCommand>): boolean {
  if (command.kind !== 'value') return false;
  const { name, transactionId } = command.value;
  return name === '_result' && transactionId === PLACE.transactionId;
}
