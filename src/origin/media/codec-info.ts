import { parseSps } from './avc-sps.js';
import type { Packet } from './packet.js';

/** Facts of a stream's video under the names of SRS's API. */
export interface VideoInfo {
  readonly codec: string;
  readonly profile: string;
  readonly level: string;
  readonly width: number;
  readonly height: number;
}

export interface AudioInfo {
  readonly codec: string;
  readonly sample_rate: number;
  readonly channel: number;
  readonly profile: string;
}

const VIDEO_CODECS: Readonly<Record<number, string>> = { 2: 'H263', 7: 'H264', 12: 'HEVC' };
const FOUR_CC: Readonly<Record<string, string>> = {
  avc1: 'H264',
  hvc1: 'HEVC',
  av01: 'AV1',
  vp09: 'VP9',
};
const AVC_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High(10)',
  122: 'High(422)',
  144: 'High(444)',
};
const AUDIO_CODECS: Readonly<Record<number, string>> = { 2: 'MP3', 10: 'AAC', 11: 'Speex' };
const AAC_PROFILES: Readonly<Record<number, string>> = { 1: 'Main', 2: 'LC', 3: 'SSR', 5: 'HE' };
const FLV_RATES = [5512, 11_025, 22_050, 44_100] as const;

/** Parses a video sequence header. Of codecs other than H.264 only the name is known. */
export function videoInfo({ payload }: Packet): VideoInfo {
  const first = payload[0] ?? 0;
  const extended = first >= 0x80;
  const codec = extended
    ? (FOUR_CC[payload.toString('latin1', 1, 5)] ?? 'Other')
    : (VIDEO_CODECS[first & 0x0f] ?? 'Other');
  const record = payload.subarray(5);
  if (codec !== 'H264' || record.length < 11) {
    return { codec, profile: 'Other', level: 'Other', width: 0, height: 0 };
  }
  const level = (record[3] ?? 0) / 10;
  const size = record.readUInt16BE(6);
  const picture = parseSps(record.subarray(8, 8 + size));
  const profile = AVC_PROFILES[record[1] ?? 0] ?? 'Other';
  return { codec, profile, level: String(level), ...picture };
}

/** Parses an audio sequence header, or any audio packet of a codec without one. */
export function audioInfo({ payload }: Packet): AudioInfo {
  const first = payload[0] ?? 0;
  const objectType = (payload[2] ?? 0) >> 3;
  const isAac = first >> 4 === 10;
  return {
    codec: AUDIO_CODECS[first >> 4] ?? 'Other',
    sample_rate: FLV_RATES[((first >> 2) & 3) as 0 | 1 | 2 | 3],
    channel: (first & 1) + 1,
    profile: isAac ? (AAC_PROFILES[objectType] ?? 'Other') : 'Other',
  };
}
