const AVC = 7;
const HEVC = 12;
const AAC = 10;
const EX_AUDIO = 9;

/** Properties of a video message that tell where its stream can be joined. */
export interface VideoFlags {
  /** A frame that needs no other frame. */
  readonly keyframe: boolean;
  /** Decoder configuration, which a player needs before the first frame. */
  readonly sequenceHeader: boolean;
}

/** Reads the first bytes of a video message (FLV 10.1 §E.4.3, Enhanced RTMP v1). */
export function videoFlags(payload: Buffer): VideoFlags {
  const [first = 0, second = 0] = payload;
  const key = ((first >> 4) & 0x07) === 1;
  const codec = first & 0x0f;
  // Enhanced RTMP v1: the first bit of a video tag announces a FourCC.
  const configured =
    first >= 0x80 ? codec === 0 : (codec === AVC || codec === HEVC) && second === 0;
  return { keyframe: key && !configured, sequenceHeader: configured };
}

/** Reports whether an audio message is a decoder configuration (FLV 10.1 §E.4.2). */
export function isAudioHeader(payload: Buffer): boolean {
  const [first = 0, second = 1] = payload;
  if (first >> 4 === AAC) return second === 0;
  return first >> 4 === EX_AUDIO && (first & 0x0f) === 0;
}
