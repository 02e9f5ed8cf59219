import { formatAge, formatBits, formatDuration } from '../../src/cli/format.js';
import { nameOf, type StreamKey, streamUrl } from '../../src/stream-key.js';

/** Returns a stream's name as its URLs have it: without the default vhost. */
export function shortName(key: string): string {
  return streamUrl(nameOf(key as StreamKey)).replace(/^\//, '');
}

export function bits(value: number | null): string {
  return value === null ? '–' : formatBits(value);
}

/** Returns how long ago that was; both in milliseconds since 1970. */
export function age(since: number, now: number): string {
  return formatDuration((now - since) / 1000);
}

/** Returns the same in one unit, for narrow columns. */
export function shortAge(since: number, now: number): string {
  return formatAge((now - since) / 1000);
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

/** Returns `1 stream`, `3 streams`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/** Returns `rtmp 3 · hls 12`, the port with most viewers first. */
export function viewersText(viewers: Readonly<Record<string, number>>): string {
  const ports = Object.entries(viewers).sort(([, a], [, b]) => b - a);
  return ports.length === 0 ? '–' : ports.map(([port, many]) => `${port} ${many}`).join(' · ');
}
