import { isAudioHeader, videoFlags } from './media.js';
import { FlvTagType, type RawTag } from './tag.js';

/** A point at which a player may join: the state of the stream there. */
export interface FlvPlace<Tag extends RawTag = RawTag> {
  /** Milliseconds of the first tag from here on. */
  readonly timestamp: number;
  /** The newest metadata and decoder configurations, in the order in which they first came. */
  readonly headers: readonly Tag[];
}

/** Whole tags of a stream, in order. */
export interface FlvPiece<Tag extends RawTag = RawTag> {
  readonly tags: readonly Buffer[];
  readonly bytes: number;
  /** Null: nobody may join at its first tag. */
  readonly place: FlvPlace<Tag> | null;
}

/** Begin of a script tag with a stream's metadata: an AMF0 string. */
const METADATA = Buffer.from('\x02\x00\x0aonMetaData', 'latin1');
/** Bytes after which a piece ends without being told to. */
const MAX_BYTES = 256 * 1024;
/** Milliseconds between two places of a stream without video. */
const AUDIO_PLACE_MS = 1000;
/** Milliseconds of audio alone after which a stream has no video any more. */
const VIDEO_GONE_MS = 3000;

/**
 * Divides the tags of a stream, or its RTMP messages, into pieces that begin where a player may
 * join: at a keyframe, and while there is no video about once a second.
 */
export class FlvPieces<Tag extends RawTag = RawTag> {
  readonly #headers = new Map<string, Tag>();
  #pieces: FlvPiece<Tag>[] = [];
  #tags: Buffer[] = [];
  #bytes = 0;
  #place: FlvPlace<Tag> | null = null;
  #hasVideo = false;
  /** Time of the first audio frame since the last video tag; null: video was last. */
  #alone: number | null = null;
  /** Time of the last place; null: there was none. */
  #placed: number | null = null;

  /** Adds a tag, which begins a new piece if a player may join there. */
  add(tag: Tag): void {
    const isPlace = this.#look(tag);
    if (isPlace) {
      this.flush();
      this.#place = { timestamp: tag.timestamp, headers: [...this.#headers.values()] };
      this.#placed = tag.timestamp;
    }
    this.#tags.push(tag.bytes);
    this.#bytes += tag.bytes.length;
    if (this.#bytes >= MAX_BYTES) this.flush();
  }

  /** Ends the present piece: its tags were written together. */
  flush(): void {
    if (this.#tags.length === 0) return;
    this.#pieces.push({ tags: this.#tags, bytes: this.#bytes, place: this.#place });
    this.#tags = [];
    this.#bytes = 0;
    this.#place = null;
  }

  /** Returns the pieces that have ended since the last call. */
  take(): FlvPiece<Tag>[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /** Notes what the tag says of the stream, and returns whether a player may join at it. */
  #look(tag: Tag): boolean {
    const { typeId, timestamp, payload } = tag;
    if (typeId === FlvTagType.video) {
      const { keyframe, sequenceHeader } = videoFlags(payload);
      this.#hasVideo = true;
      this.#alone = null;
      if (sequenceHeader) this.#keep('video', tag);
      return keyframe;
    }
    if (typeId === FlvTagType.audio) {
      if (!isAudioHeader(payload)) return this.#isAudioPlace(timestamp);
      this.#keep('audio', tag);
    }
    if (typeId === FlvTagType.script && payload.subarray(0, METADATA.length).equals(METADATA)) {
      this.#keep('script', tag);
    }
    return false;
  }

  /** Keeps a copy: the tag is a view of all that came with it. */
  #keep(kind: string, tag: Tag): void {
    const own = { payload: Buffer.from(tag.payload), bytes: Buffer.from(tag.bytes) };
    this.#headers.set(kind, { ...tag, ...own });
  }

  #isAudioPlace(timestamp: number): boolean {
    this.#alone ??= timestamp;
    // Timestamps have 32 bits and wrap.
    if (this.#hasVideo && ((timestamp - this.#alone) | 0) < VIDEO_GONE_MS) return false;
    if (this.#placed === null) return true;
    const passed = (timestamp - this.#placed) | 0;
    return passed < 0 || passed >= AUDIO_PLACE_MS;
  }
}

/**
 * Returns the time that a header has before a place. Decoder configurations have that of its first
 * tag: some players take the first time for the beginning. Metadata have 0, as SRS sends them:
 * ffmpeg takes others for a stream of data.
 */
export function headerTime({ typeId }: RawTag, { timestamp }: FlvPlace): number {
  return typeId === FlvTagType.script ? 0 : timestamp;
}
