/** A finished segment, as the playlist lists it. */
export interface Segment {
  readonly seq: number;
  readonly file: string;
  readonly uri: string;
  readonly durationMs: number;
  /** The encoder's configuration changed in it. */
  readonly discontinuity: boolean;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Prints a media playlist in SRS's format. `targetMs`: least target duration. */
export function printPlaylist(segments: readonly Segment[], targetMs: number): string {
  const longest = Math.max(targetMs, ...segments.map(({ durationMs }) => durationMs));
  const entries = segments.flatMap(({ discontinuity, durationMs, uri }) => [
    ...(discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    `#EXTINF:${seconds(durationMs)}, no desc`,
    uri,
  ]);
  const head = [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.seq ?? 0}`,
    `#EXT-X-TARGETDURATION:${Math.ceil(longest / 1000)}`,
  ];
  return `${[...head, ...entries].join('\n')}\n`;
}

/** Prints the master playlist that begins a session; `query`: the player's query without `?`. */
export function printMaster(path: string, ctx: string, query: string): string {
  const rest = query === '' ? '' : `&${query}`;
  const stream = '#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1';
  return `#EXTM3U\n${stream}\n${path}?hls_ctx=${ctx}${rest}\n`;
}

/** Adds the session's id to every segment URI. */
export function withCtx(playlist: string, ctx: string): string {
  const lines = playlist.split('\n').map((line) => {
    if (line === '' || line.startsWith('#')) return line;
    return `${line}${line.includes('?') ? '&' : '?'}hls_ctx=${ctx}`;
  });
  return lines.join('\n');
}

/**
 * Returns how many of the oldest segments are outside a window of `windowMs`. As in SRS, the
 * segment that crosses its edge stays.
 */
export function expiredBy(segments: readonly Segment[], windowMs: number): number {
  let total = 0;
  const crossing = segments.findLastIndex(({ durationMs }) => {
    total += durationMs;
    return total > windowMs;
  });
  return Math.max(0, crossing);
}
