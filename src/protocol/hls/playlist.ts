import { invalid, type Parsed, value } from '../result.js';

/** One entry of a media playlist. */
export interface Segment {
  readonly uri: string;
  readonly seconds: number;
  /** Tags of this segment (EXTINF, KEY, MAP, …) in order, without DISCONTINUITY. */
  readonly tags: readonly string[];
  readonly discontinuity: boolean;
}

/** A live media playlist, RFC 8216 section 4.3.3. */
export interface MediaPlaylist {
  /** Tags of the whole list that are passed on unread, VERSION among them. */
  readonly tags: readonly string[];
  readonly targetSeconds: number;
  /** Media sequence number of the first segment. */
  readonly sequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly Segment[];
  /** EXT-X-ENDLIST: no segment will follow. */
  readonly ended: boolean;
}

/** Most segments accepted. No live playlist is longer, and the bound limits memory. */
const MAX_SEGMENTS = 10_000;

/** Tags that apply to the whole playlist and appear once. */
const OF_LIST =
  /^#EXT-X-(?:VERSION|PLAYLIST-TYPE|INDEPENDENT-SEGMENTS|START|ALLOW-CACHE|SERVER-CONTROL|PART-INF)\b/;

/** Tags whose URI is a file beside the segments (RFC 8216 section 4.3.2). */
const NAMES_FILE = /^#EXT-X-(?:KEY|MAP):/;
/** SRS's only variant, of which it knows no bandwidth. */
const VARIANT = '#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1';
const HAS_HOST = /^(?:[a-z][a-z\d+.-]*:|\/\/)/i;

/** Parses a media playlist. A master playlist is `invalid`. */
export function parsePlaylist(text: string): Parsed<MediaPlaylist> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0]?.startsWith('#EXTM3U') !== true) return invalid('no #EXTM3U');
  if (isMaster(text)) return invalid('a master playlist');
  const segments = readSegments(lines.slice(1));
  if (segments.length > MAX_SEGMENTS) return invalid(`${segments.length} segments`);
  return value(
    {
      tags: lines.filter((line) => OF_LIST.test(line)),
      targetSeconds: numberOf(lines, '#EXT-X-TARGETDURATION:'),
      sequence: numberOf(lines, '#EXT-X-MEDIA-SEQUENCE:'),
      discontinuitySequence: numberOf(lines, '#EXT-X-DISCONTINUITY-SEQUENCE:'),
      segments,
      ended: lines.includes('#EXT-X-ENDLIST'),
    },
    text.length,
  );
}

/** Reports whether the text is a master playlist. */
export function isMaster(text: string): boolean {
  return text.includes('#EXT-X-STREAM-INF');
}

/**
 * Returns a master playlist whose variants in `folder` (`/live/`) are named relative to it, so that
 * they are found below any prefix of a proxy. SRS names absolute paths.
 */
export function printMaster(text: string, folder: string): string {
  return text.replace(/^\/.*$/gm, (uri) => within(folder, uri));
}

/**
 * Returns the master playlist that begins a session, as SRS makes it, for a viewer's `path?query`.
 * Its only URI is relative. `id`: the session's id.
 */
export function sessionMaster(target: string, id: string): string {
  const [path = '', query] = target.split(/\?(.*)/s);
  const file = path.slice(path.lastIndexOf('/') + 1);
  const rest = query === undefined || query === '' ? '' : `&${query}`;
  return `#EXTM3U\n${VARIANT}\n${file}?hls_ctx=${id}${rest}\n`;
}

/**
 * Prints a playlist. `query` is appended to the URI of every segment, key and map on this server.
 * Keys and maps in `folder` (`/live/`) are named relative to it.
 */
export function printPlaylist(list: MediaPlaylist, query = '', folder = ''): string {
  const { targetSeconds, sequence, discontinuitySequence, segments, ended } = list;
  const lines = [
    '#EXTM3U',
    ...list.tags,
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    ...(discontinuitySequence > 0
      ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`]
      : []),
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    ...segments.flatMap((segment) => printSegment(segment, query, folder)),
    ...(ended ? ['#EXT-X-ENDLIST'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function printSegment(
  { uri, tags, discontinuity }: Segment,
  query: string,
  folder: string,
): string[] {
  const mark = discontinuity ? ['#EXT-X-DISCONTINUITY'] : [];
  return [...mark, ...tags.map((tag) => printTag(tag, query, folder)), withQuery(uri, query)];
}

/** A URI with a scheme is another server's, whose queries are not ours to write. */
function printTag(tag: string, query: string, folder: string): string {
  if (!NAMES_FILE.test(tag)) return tag;
  return tag.replace(/([:,]URI=")([^"]*)"/, (whole, begin: string, uri: string) =>
    HAS_HOST.test(uri) ? whole : `${begin}${withQuery(within(folder, uri), query)}"`,
  );
}

function withQuery(uri: string, query: string): string {
  return query === '' ? uri : `${uri}${uri.includes('?') ? '&' : '?'}${query}`;
}

/** A name that has a colon would be read as a scheme, so it stays absolute. */
function within(folder: string, uri: string): string {
  const name = uri.slice(folder.length);
  return folder !== '' && uri.startsWith(folder) && /^[^/:?#]+(?:[?#]|$)/.test(name) ? name : uri;
}

function readSegments(lines: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  let tags: string[] = [];
  let discontinuity = false;
  for (const line of lines) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (line.startsWith('#')) tags.push(...(belongsToSegment(line) ? [line] : []));
    else {
      segments.push({ uri: line, seconds: numberOf(tags, '#EXTINF:'), tags, discontinuity });
      tags = [];
      discontinuity = false;
    }
  }
  return segments;
}

function belongsToSegment(line: string): boolean {
  if (OF_LIST.test(line)) return false;
  return !/^#EXT-X-(?:MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|TARGETDURATION|ENDLIST)\b/.test(line);
}

function numberOf(lines: readonly string[], tag: string): number {
  const line = lines.find((one) => one.startsWith(tag));
  const number = Number.parseFloat(line?.slice(tag.length) ?? '');
  return Number.isFinite(number) && number >= 0 ? number : 0;
}
