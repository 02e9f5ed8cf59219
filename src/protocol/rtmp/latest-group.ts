import { isAudioHeader, videoFlags } from '../flv/media.js';
import { asWhole, decodeAmf0 } from './amf0.js';
import { MessageType, type RtmpMessage } from './message.js';

/** Bytes of a group; a longer one is not kept. */
export const MAX_GROUP_BYTES = 16 * 1024 * 1024;
/** Bytes that a message takes beside its payload. */
const MESSAGE_BYTES = 256;
const METADATA: ReadonlySet<unknown> = new Set(['@setDataFrame', 'onMetaData']);

type Header = 'data' | 'video' | 'audio';

/**
 * The media of a publisher from its last keyframe on, with the metadata and decoder configurations
 * that hold for it, so that a stream can begin with them. Of a stream without video only these are
 * kept. A group above the limit is dropped until the next keyframe.
 */
export class LatestGroup {
  readonly #most: number;
  readonly #headers = new Map<Header, RtmpMessage>();
  #media: RtmpMessage[] = [];
  #bytes = 0;
  #hasMedia = false;
  #hasVideo = false;
  /** The group begins with a keyframe, and nothing of it was dropped. */
  #isWhole = false;

  constructor(most = MAX_GROUP_BYTES) {
    this.#most = most;
  }

  /** A stream can begin with what is kept. */
  get isReady(): boolean {
    return this.#hasMedia && (this.#isWhole || !this.#hasVideo);
  }

  /** Takes a message of the publisher's; its payload is copied. */
  add(message: RtmpMessage): void {
    const { typeId, payload } = message;
    if (payload.length === 0) return;
    if (typeId === MessageType.video) this.#addVideo(message);
    else if (typeId === MessageType.audio) this.#addAudio(message);
    else if (typeId === MessageType.aggregate) this.#keep(message);
    else if (isMetadata(message)) this.#setHeader('data', message);
  }

  /** Returns what a stream begins with. */
  messages(): RtmpMessage[] {
    const timestamp = this.#media[0]?.timestamp ?? null;
    const headers = Array.from(this.#headers, ([kind, header]) => {
      // Encoders send metadata at 0, and players know them by that.
      if (kind === 'data') return { ...header, timestamp: 0 };
      return { ...header, timestamp: timestamp ?? header.timestamp };
    });
    return [...headers, ...this.#media];
  }

  #addVideo(message: RtmpMessage): void {
    const { keyframe, sequenceHeader } = videoFlags(message.payload);
    this.#hasVideo = true;
    if (sequenceHeader) {
      this.#setHeader('video', message);
      return;
    }
    if (keyframe) {
      this.#drop();
      this.#isWhole = true;
    }
    this.#keep(message);
  }

  #addAudio(message: RtmpMessage): void {
    if (isAudioHeader(message.payload)) this.#setHeader('audio', message);
    else this.#keep(message);
  }

  /** Drops the media of an older configuration, by which alone they can be decoded. */
  #setHeader(kind: Header, message: RtmpMessage): void {
    if (this.#headers.get(kind)?.payload.equals(message.payload)) return;
    this.#headers.set(kind, own(message));
    if (kind !== 'data') this.#drop();
  }

  #keep(message: RtmpMessage): void {
    this.#hasMedia = true;
    if (!this.#isWhole) return;
    this.#bytes += message.payload.length + MESSAGE_BYTES;
    if (this.#bytes > this.#most) this.#drop();
    else this.#media.push(own(message));
  }

  #drop(): void {
    this.#media = [];
    this.#bytes = 0;
    this.#isWhole = false;
  }
}

function isMetadata({ typeId, payload }: RtmpMessage): boolean {
  if (typeId !== MessageType.dataAmf0) return false;
  const name = asWhole(decodeAmf0(payload));
  return name.kind === 'value' && METADATA.has(name.value);
}

function own(message: RtmpMessage): RtmpMessage {
  return { ...message, payload: Buffer.from(message.payload) };
}
