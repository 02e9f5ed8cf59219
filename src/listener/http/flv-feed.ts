/**
 * Divides a child's HTTP-FLV response for fan-out: each piece is a chunk of the viewers' response
 * with whole tags in it. A module that the relay's threads load.
 */
import { type FlvPiece, FlvPieces, type FlvPlace, headerTime } from '../../protocol/flv/pieces.js';
import { FlvReader } from '../../protocol/flv/reader.js';
import { withTimestamp } from '../../protocol/flv/tag.js';
import { ChunkedBody, httpChunk, LAST_CHUNK } from '../../protocol/http/chunks.js';
import type { FeedReader, Opening, Piece } from '../../relay/fanout.js';

/** The URL under which threads load this module. */
export const FLV_FEED_MODULE: string = import.meta.url;

export interface FlvFeedSettings {
  /** The child's response has the chunked coding. */
  readonly isChunked: boolean;
}

class FlvFeedReader implements FeedReader {
  readonly #body: ChunkedBody | null;
  readonly #flv = new FlvReader();
  readonly #pieces = new FlvPieces();
  #hasEnded = false;

  constructor({ isChunked }: FlvFeedSettings) {
    this.#body = isChunked ? new ChunkedBody() : null;
  }

  /** @throws Error if it is no FLV */
  read(bytes: Buffer): Piece[] {
    if (this.#hasEnded) return [];
    if (this.#body === null) this.#take(bytes, true);
    else this.#decode(this.#body, bytes);
    const pieces = this.#pieces.take().map((piece) => this.#toPiece(piece));
    return this.#hasEnded ? [...pieces, { bytes: LAST_CHUNK, opening: null }] : pieces;
  }

  #decode(body: ChunkedBody, bytes: Buffer): void {
    body.push(bytes);
    for (let part = body.next(); part.kind !== 'incomplete'; part = body.next()) {
      if (part.kind === 'invalid') throw new Error(part.reason);
      this.#take(part.value.bytes, part.value.endsChunk);
      this.#hasEnded = part.value.endsBody;
      if (this.#hasEnded) return;
    }
  }

  /** `isWhole`: the child wrote what ends here together. */
  #take(bytes: Buffer, isWhole: boolean): void {
    this.#flv.push(bytes);
    for (let tag = this.#flv.next(); tag.kind !== 'incomplete'; tag = this.#flv.next()) {
      if (tag.kind === 'invalid') throw new Error(tag.reason);
      this.#pieces.add(tag.value);
    }
    if (isWhole) this.#pieces.flush();
  }

  #toPiece({ tags, place }: FlvPiece): Piece {
    return { bytes: httpChunk(tags), opening: place && this.#openingAt(place) };
  }

  #openingAt(place: FlvPlace): Opening {
    const headers = place.headers.map((tag) => withTimestamp(tag.bytes, headerTime(tag, place)));
    const again = headers.length === 0 ? Buffer.alloc(0) : httpChunk(headers);
    return { first: httpChunk([this.#flv.header ?? Buffer.alloc(0), ...headers]), again };
  }
}

export function makeFeedReader(settings: unknown): FeedReader {
  return new FlvFeedReader(settings as FlvFeedSettings);
}
