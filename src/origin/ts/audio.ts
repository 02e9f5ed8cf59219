import type { Packet } from '../media/packet.js';
import { Frames } from './frames.js';

/** Answers a writer of the bare audio frames of one codec: an ADTS or MP3 file without an end. */
export function audioWriter(codec: 'aac' | 'mp3'): (packets: readonly Packet[]) => Buffer {
  const frames = new Frames();
  return (packets) => {
    const found = packets.map((packet) => frames.next(packet));
    return Buffer.concat(found.flatMap((frame) => (frame?.codec === codec ? [frame.data] : [])));
  };
}
