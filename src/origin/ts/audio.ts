import type { Packet } from '../media/packet.js';
import { Frames } from './frames.js';

/** Makes a writer of one codec's bare audio frames: an endless ADTS or MP3 file. */
export function audioWriter(codec: 'aac' | 'mp3'): (packets: readonly Packet[]) => Buffer {
  const frames = new Frames();
  return (packets) => {
    const found = packets.map((packet) => frames.next(packet));
    return Buffer.concat(found.flatMap((frame) => (frame?.codec === codec ? [frame.data] : [])));
  };
}
