/** Removes differences that no client minds: ids, ports, times, counts. */

/** Replaces texts of this run by the names of what they are. */
export class Normal {
  readonly #texts: [string, string][] = [];

  /** `text` is shown as `{name}` from now on; longer texts first. */
  know(name: string, text: string): void {
    if (text === '' || this.#texts.some(([, known]) => known === `{${name}}`)) return;
    this.#texts.push([text, `{${name}}`]);
    this.#texts.sort(([a], [b]) => b.length - a.length);
  }

  line(text: string): string {
    let out = text;
    for (const [from, to] of this.#texts) out = out.replaceAll(from, to);
    return PATTERNS.reduce((line, [pattern, to]) => line.replace(pattern, to), out);
  }
}

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/srs_id: "\w{8}"/, 'srs_id: "{id}"'],
  [/srs_authors: "[^"]*"/, 'srs_authors: "{authors}"'],
  [/srs_pid: \d+/, 'srs_pid: {pid}'],
  [/hls_ctx=\w{8}/g, 'hls_ctx={ctx}'],
  [/vid-\w{7,11}/g, '{vid}'],
  [/([?&]token=)\w{9}&/, '$1{token}&'],
  [/([?&]session=)[\w.:-]+/, '$1{session}'],
];

/** Fields whose numbers are the same wherever the same things happen. */
const EXACT = new Set([
  'code',
  'major',
  'minor',
  'revision',
  'width',
  'height',
  'channel',
  'sample_rate',
]);
/** Fields that hold an id, a process or a path of the server's own. */
const OWN = new Set([
  'server',
  'service',
  'pid',
  'ppid',
  'id',
  'cid',
  'rid',
  'server_id',
  'service_id',
  'client_id',
  'stream_id',
  'child',
  'connection',
  'cwd',
  'argv',
  'file',
  'm3u8',
  'build',
  'build2',
  'options',
  'options2',
  'sessionid',
]);

/**
 * A JSON value as lines `path: type value`, in the order of its fields. Of a list each kind of row
 * is shown once; `keeps` says which rows are of this run.
 */
export function jsonLines(
  value: unknown,
  keeps: (row: Record<string, unknown>) => boolean,
  path = '',
): string[] {
  if (Array.isArray(value)) return listLines(value, keeps, path);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) =>
      jsonLines(item, keeps, path === '' ? key : `${path}.${key}`),
    );
  }
  return [`${path}: ${leaf(path.split('.').at(-1) ?? '', value)}`];
}

function listLines(
  list: readonly unknown[],
  keeps: (row: Record<string, unknown>) => boolean,
  path: string,
): string[] {
  const isRow = (row: unknown) => typeof row === 'object' && row !== null && 'name' in row;
  const rows = list.filter((row) => !isRow(row) || keeps(row as Record<string, unknown>));
  if (rows.length === 0) return [`${path}: []`];
  // Servers list them in the order of ids that are random.
  rows.sort((a, b) => kindOf(a).localeCompare(kindOf(b)));
  return [...new Set(rows.flatMap((row) => jsonLines(row, keeps, `${path}[]`)))];
}

function kindOf(row: unknown): string {
  const { type, name } = Object(row) as { type?: unknown; name?: unknown };
  return `${name} ${type}`;
}

function leaf(key: string, value: unknown): string {
  if (typeof value === 'number') return EXACT.has(key) ? `${value}` : 'number';
  if (key === 'sdp') return textLines(String(value)).join(' | ');
  if (OWN.has(key) && typeof value === 'string') return value === '' ? '""' : `{${key}}`;
  return JSON.stringify(value) ?? 'undefined';
}

/** Playlists and SDP: each line once, without what is the session's own. */
export function textLines(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const shown = lines.map((line) =>
    SESSION.reduce((out, [pattern, to]) => out.replace(pattern, to), line),
  );
  const once = [...new Set(shown)];
  return (text.startsWith('v=0') ? sortedSections(once) : once).slice(0, MAX_LINES);
}

/** Attributes of one section of an SDP may stand in any order (RFC 8866 §5.13). */
function sortedSections(lines: readonly string[]): string[] {
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections.flatMap((section) => [
    ...section.filter((line) => !line.startsWith('a=')),
    ...section.filter((line) => line.startsWith('a=')).sort(),
  ]);
}

const MAX_LINES = 80;

const SESSION: readonly (readonly [RegExp, string])[] = [
  [/^(#EXTINF:)[\d.]+/, '$1{seconds}'],
  [/^(#EXT-X-(?:TARGETDURATION|MEDIA-SEQUENCE):)\d+/, '$1{n}'],
  [/-\d+\.ts/, '-{n}.ts'],
  [/^o=.*/, 'o={origin}'],
  [/^(a=ice-ufrag:).*/, '$1{ufrag}'],
  [/^(a=ice-pwd:).*/, '$1{pwd}'],
  [/^(a=fingerprint:sha-256 ).*/, '$1{fingerprint}'],
  [/^(a=ssrc:)\d+ (\w+):.*/, '$1{ssrc} $2:{own}'],
  [/^a=msid(-semantic)?:.*/, 'a=msid$1:{own}'],
  [/^(a=candidate:\d+ \d \w+ \d+ )\S+ \d+/, '$1{address}'],
];
