/**
 * Divides what a child sends to an RTMP player for fan-out: each piece is whole messages in the
 * chunks that viewers expect. Hears those viewers, too. A module that the relay's threads load.
 */
import { type FlvPiece, FlvPieces, type FlvPlace, headerTime } from '../../protocol/flv/pieces.js';
import type { RawTag } from '../../protocol/flv/tag.js';
import { ChunkReader } from '../../protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../protocol/rtmp/chunk-writer.js';
import { SERVER_HANDSHAKE_SIZE } from '../../protocol/rtmp/handshake.js';
import type { RtmpMessage } from '../../protocol/rtmp/message.js';
import { isForPlayer } from '../../protocol/rtmp/play-start.js';
import type { FeedReader, Opening, Piece, ViewerHearer } from '../../relay/fanout.js';
import { PlayHearer, type PlayHearerSettings } from './play-hearer.js';

/** The URL under which threads load this module. */
export const RTMP_FEED_MODULE: string = import.meta.url;

export interface RtmpFeedSettings {
  /** Bytes of the viewers' chunks. */
  readonly chunkSize: number;
}

/** A message, as it stands in the ring. */
interface EncodedMessage extends RawTag, RtmpMessage {}

class RtmpFeedReader implements FeedReader {
  readonly #chunkSize: number;
  readonly #reader = new ChunkReader();
  readonly #pieces = new FlvPieces<EncodedMessage>();
  #skip = SERVER_HANDSHAKE_SIZE;

  constructor({ chunkSize }: RtmpFeedSettings) {
    this.#chunkSize = chunkSize;
  }

  /** @throws Error if it is no RTMP */
  read(bytes: Buffer): Piece[] {
    const rest = bytes.subarray(Math.min(this.#skip, bytes.length));
    this.#skip -= bytes.length - rest.length;
    this.#reader.push(rest);
    for (let read = this.#reader.next(); read.kind !== 'incomplete'; read = this.#reader.next()) {
      if (read.kind === 'invalid') throw new Error(read.reason);
      if (isForPlayer(read.value)) this.#pieces.add(this.#encoded(read.value));
    }
    this.#pieces.flush();
    return this.#pieces.take().map((piece) => this.#toPiece(piece));
  }

  /** Encodes anew, with a full header: a viewer may begin at any piece. */
  #encoded(message: RtmpMessage): EncodedMessage {
    return { ...message, bytes: encodeMessage(message, this.#chunkSize) };
  }

  #toPiece({ tags, place }: FlvPiece<EncodedMessage>): Piece {
    return { bytes: Buffer.concat(tags), opening: place && this.#openingAt(place) };
  }

  #openingAt(place: FlvPlace<EncodedMessage>): Opening {
    const headers = place.headers.map((message) => {
      const timestamp = headerTime(message, place);
      return encodeMessage({ ...message, timestamp }, this.#chunkSize);
    });
    const first = Buffer.concat(headers);
    return { first, again: first };
  }
}

export function makeFeedReader(settings: unknown): FeedReader {
  return new RtmpFeedReader(settings as RtmpFeedSettings);
}

export function makeViewerHearer(settings: unknown): ViewerHearer {
  return new PlayHearer(settings as PlayHearerSettings);
}
