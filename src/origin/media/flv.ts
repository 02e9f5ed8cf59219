import type { Packet } from './packet.js';

const TAG_HEADER = 11;
const TAG_TRAILER = 4;

/** Returns the file header with its two flags, and the first back pointer (FLV 10.1 §E.2). */
export function flvHeader(has: { audio: boolean; video: boolean }): Buffer {
  const flags = (has.audio ? 4 : 0) | (has.video ? 1 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
}

/** Returns an FLV tag with the back pointer behind it (FLV 10.1 §E.4.1). */
export function flvTag(packet: Packet): Buffer {
  const { typeId, timestamp, payload } = packet;
  const tag = Buffer.allocUnsafe(TAG_HEADER + payload.length + TAG_TRAILER);
  tag[0] = typeId;
  tag.writeUIntBE(payload.length, 1, 3);
  tag.writeUIntBE(timestamp & 0xffffff, 4, 3);
  tag[7] = timestamp >>> 24;
  tag.writeUIntBE(0, 8, 3);
  payload.copy(tag, TAG_HEADER);
  tag.writeUInt32BE(TAG_HEADER + payload.length, TAG_HEADER + payload.length);
  return tag;
}

/** One message of an aggregate. */
export interface SubMessage {
  readonly typeId: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/**
 * Splits an aggregate message (RTMP 1.0 §7.1.6): FLV tags whose timestamps are relative to the
 * aggregate's. A truncated tag ends the list.
 */
export function splitAggregate(timestamp: number, payload: Buffer): SubMessage[] {
  const messages: SubMessage[] = [];
  let base: number | null = null;
  for (let at = 0; at + TAG_HEADER <= payload.length; ) {
    const size = payload.readUIntBE(at + 1, 3);
    const end = at + TAG_HEADER + size;
    if (end > payload.length) break;
    const time = (payload.readUIntBE(at + 4, 3) | ((payload[at + 7] ?? 0) << 24)) >>> 0;
    base ??= time;
    messages.push({
      typeId: payload[at] ?? 0,
      timestamp: (timestamp + time - base) >>> 0,
      payload: payload.subarray(at + TAG_HEADER, end),
    });
    at = end + TAG_TRAILER;
  }
  return messages;
}
