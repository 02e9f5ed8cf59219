import type { Packet } from '../media/packet.js';
import { type AacConfig, adtsFrame, parseAacConfig } from './adts.js';
import { type NalConfig, parseAvcConfig, parseHevcConfig, toAnnexB } from './nal.js';

/** The codecs that MPEG-TS carries here. */
export type Codec = 'h264' | 'h265' | 'aac' | 'mp3';

/** One access unit of an elementary stream; times in milliseconds. */
export interface Frame {
  readonly codec: Codec;
  readonly dts: number;
  readonly pts: number;
  readonly keyframe: boolean;
  readonly data: Buffer;
}

/** The parts of a video tag (FLV 10.1 §E.4.3, Enhanced RTMP v1). */
interface VideoTag {
  readonly codec: 'h264' | 'h265';
  /** Composition time: milliseconds from decoding to presentation. */
  readonly delay: number;
  readonly body: Buffer;
}

const VIDEO_CODECS: Readonly<Record<number, VideoTag['codec']>> = { 7: 'h264', 12: 'h265' };
const FOUR_CC: Readonly<Record<string, VideoTag['codec']>> = { avc1: 'h264', hvc1: 'h265' };
const AUDIO_CODECS: Readonly<Record<number, 'aac' | 'mp3'>> = { 2: 'mp3', 10: 'aac', 14: 'mp3' };
const CODED_FRAMES_WITHOUT_DELAY = 3;

function signed24(bytes: Buffer, at: number): number {
  return bytes.length < at + 3 ? 0 : bytes.readIntBE(at, 3);
}

function parseVideoTag(payload: Buffer): VideoTag | null {
  const first = payload[0] ?? 0;
  if (first < 0x80) {
    const codec = VIDEO_CODECS[first & 0x0f];
    if (codec === undefined) return null;
    return { codec, delay: signed24(payload, 2), body: payload.subarray(5) };
  }
  const codec = FOUR_CC[payload.toString('latin1', 1, 5)];
  if (codec === undefined) return null;
  const type = first & 0x0f;
  if (type === 0 || type === CODED_FRAMES_WITHOUT_DELAY) {
    return { codec, delay: 0, body: payload.subarray(5) };
  }
  return { codec, delay: signed24(payload, 5), body: payload.subarray(8) };
}

/** Returns the codec of an audio or video packet; null if MPEG-TS does not carry it here. */
export function codecOf({ kind, payload }: Packet): Codec | null {
  if (kind === 'video') return parseVideoTag(payload)?.codec ?? null;
  if (kind === 'audio') return AUDIO_CODECS[(payload[0] ?? 0) >> 4] ?? null;
  return null;
}

/** Converts RTMP's packets to frames; it needs the sequence headers among them. */
export class Frames {
  #video: NalConfig | null = null;
  #audio: AacConfig | null = null;

  /** Returns a packet's frame; null for a header, an unsupported codec, or before the header. */
  next(packet: Packet): Frame | null {
    if (packet.kind === 'video') return this.#nextVideo(packet);
    return packet.kind === 'audio' ? this.#nextAudio(packet) : null;
  }

  #nextVideo({ payload, timestamp: dts, keyframe, sequenceHeader }: Packet): Frame | null {
    const tag = parseVideoTag(payload);
    if (tag === null) return null;
    const { codec, delay, body } = tag;
    if (sequenceHeader) {
      this.#video = codec === 'h264' ? parseAvcConfig(body) : parseHevcConfig(body);
      return null;
    }
    if (this.#video === null || body.length === 0) return null;
    const data = toAnnexB(codec, this.#video, { unit: body, keyframe });
    return { codec, dts, pts: dts + delay, keyframe, data };
  }

  #nextAudio(packet: Packet): Frame | null {
    const { payload, timestamp: dts, sequenceHeader } = packet;
    const codec = codecOf(packet);
    if (codec === 'mp3') {
      return { codec, dts, pts: dts, keyframe: false, data: payload.subarray(1) };
    }
    if (codec !== 'aac') return null;
    const body = payload.subarray(2);
    if (sequenceHeader) this.#audio = parseAacConfig(body);
    if (sequenceHeader || this.#audio === null || body.length === 0) return null;
    return { codec, dts, pts: dts, keyframe: false, data: adtsFrame(this.#audio, body) };
  }
}
