import type { Candidate } from './types.js';

/** Limits of one child and how much of each is used. */
export type Caps = Pick<
  Candidate,
  'connections' | 'maxConnections' | 'streams' | 'maxStreams' | 'bitrate' | 'maxBitrate'
>;

/** Returns the limit that keeps new streams from a child, in words; null if it has room. */
export function fullBy(caps: Caps): string | null {
  const { connections, maxConnections, streams, maxStreams, bitrate, maxBitrate } = caps;
  if (connections >= maxConnections)
    return `${connections} of ${maxConnections} clients (children.maxConnections)`;
  if (maxStreams > 0 && streams >= maxStreams)
    return `${streams} of ${maxStreams} streams (children.maxStreams)`;
  if (maxBitrate > 0 && bitrate >= maxBitrate)
    return `${inMegabits(bitrate)} of ${inMegabits(maxBitrate)} Mbit/s (children.maxBitrate)`;
  return null;
}

function inMegabits(bitsPerSecond: number): number {
  return Math.round(bitsPerSecond / 1e6);
}
