import { withTimestamp } from '../../src/protocol/flv/tag.js';

/** A file header for audio and video, with the first back pointer. */
export const FLV_HEADER = Buffer.from('464c56010500000009' + '00000000', 'hex');

/** A tag with its back pointer. */
export function flvTagOf(typeId: number, timestamp: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(typeId);
  head.writeUIntBE(payload.length, 1, 3);
  const back = Buffer.alloc(4);
  back.writeUInt32BE(head.length + payload.length);
  return withTimestamp(Buffer.concat([head, payload, back]), timestamp);
}

const fill = (head: number[], size: number) =>
  Buffer.concat([Buffer.from(head), Buffer.alloc(size, 7)]);

export const METADATA = flvTagOf(18, 0, Buffer.from('\x02\x00\x0aonMetaData\x05', 'latin1'));
export const videoHeader = (mark = 1): Buffer => flvTagOf(9, 0, Buffer.of(0x17, 0, 0, 0, 0, mark));
export const audioHeader = (): Buffer => flvTagOf(8, 0, Buffer.of(0xaf, 0, 0x12, 0x10));
export const keyframe = (time: number, size = 100): Buffer =>
  flvTagOf(9, time, fill([0x17, 1, 0, 0, 0], size));
export const interFrame = (time: number, size = 50): Buffer =>
  flvTagOf(9, time, fill([0x27, 1, 0, 0, 0], size));
export const audioFrame = (time: number, size = 20): Buffer =>
  flvTagOf(8, time, fill([0xaf, 1], size));
