import { isAudioHeader, videoFlags } from '../../protocol/flv/media.js';
import { MessageType } from '../../protocol/rtmp/message.js';

/** One classified media message of a publisher. */
export interface Packet {
  readonly kind: 'audio' | 'video' | 'data';
  /** RTMP message type, equal to the FLV tag type. */
  readonly typeId: number;
  /** Milliseconds on the source's timeline. */
  readonly timestamp: number;
  readonly payload: Buffer;
  /** RTMP chunk stream; undefined for other protocols. */
  readonly csid?: number | undefined;
  readonly keyframe: boolean;
  /** Decoder configuration, which a new player needs before the first frame. */
  readonly sequenceHeader: boolean;
}

/** Reports whether a packet is media rather than configuration or metadata. */
export function isFrame({ kind, sequenceHeader }: Packet): boolean {
  return kind !== 'data' && !sequenceHeader;
}

/** Classifies one audio, video or data message (FLV 10.1 §E.4, Enhanced RTMP v1). */
export function toPacket(
  typeId: number,
  timestamp: number,
  payload: Buffer,
  csid?: number,
): Packet {
  const base = { typeId, timestamp, payload, csid };
  if (typeId === MessageType.video) return { ...base, kind: 'video', ...videoFlags(payload) };
  if (typeId === MessageType.audio) {
    return { ...base, kind: 'audio', keyframe: false, sequenceHeader: isAudioHeader(payload) };
  }
  return { ...base, kind: 'data', keyframe: false, sequenceHeader: false };
}
