/** The fields of an AudioSpecificConfig that an ADTS header repeats. */
export interface AacConfig {
  /** Audio object type; ADTS can express 1 to 4. */
  readonly objectType: number;
  readonly rateIndex: number;
  readonly channels: number;
}

const LC = 2;

/** Parses an AudioSpecificConfig (ISO 14496-3 §1.6.2.1); null if ADTS has no code for its rate. */
export function parseAacConfig(config: Buffer): AacConfig | null {
  if (config.length < 2) return null;
  const bits = config.readUInt16BE(0);
  const objectType = bits >> 11;
  const rateIndex = (bits >> 7) & 15;
  if (rateIndex > 12) return null;
  // HE-AAC is LC with an extension that decoders detect.
  const plain = objectType >= 1 && objectType <= 4 ? objectType : LC;
  return { objectType: plain, rateIndex, channels: (bits >> 3) & 15 };
}

/** Returns a frame with its ADTS header (ISO 14496-3 §1.A.2.2). */
export function adtsFrame({ objectType, rateIndex, channels }: AacConfig, frame: Buffer): Buffer {
  const size = 7 + frame.length;
  const header = Buffer.from([
    0xff,
    0xf1,
    ((objectType - 1) << 6) | (rateIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (size >> 11),
    (size >> 3) & 0xff,
    ((size & 7) << 5) | 0x1f,
    0xfc,
  ]);
  return Buffer.concat([header, frame]);
}
