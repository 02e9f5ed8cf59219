export interface ChildMetrics {
  /** Values by name, of metrics without labels. */
  readonly values: ReadonlyMap<string, number>;
  /** Labels by name, of metrics with labels: `version="7.0.18",…`. */
  readonly labels: ReadonlyMap<string, string>;
}

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

const UNAME = 'srs_node_uname_info';
const BUILD = 'srs_build_info';

const SUMMED: readonly Metric[] = [
  { name: 'srs_cpu_percent', type: 'gauge', help: 'CPU of all children in percent of one core.' },
  { name: 'srs_memory', type: 'gauge', help: 'Resident memory of all children in kB.' },
  { name: 'srs_send_bytes_total', type: 'counter', help: 'Bytes sent by all children.' },
  { name: 'srs_receive_bytes_total', type: 'counter', help: 'Bytes received by all children.' },
  { name: 'srs_streams', type: 'gauge', help: 'Streams on all children now.' },
  { name: 'srs_clients', type: 'gauge', help: 'Clients of all children now.' },
  { name: 'srs_clients_total', type: 'counter', help: 'Clients of all children so far.' },
  { name: 'srs_clients_errs_total', type: 'counter', help: 'Clients that ended in an error.' },
];

/** Names of the counters, which must never decrease. */
export const COUNTERS = SUMMED.filter(({ type }) => type === 'counter').map(({ name }) => name);

const LINE = /^(?<name>[a-z_]+)(?:\{(?<labels>.*)\})? (?<value>[-+.\de]+)$/gm;
/** Valid labels: one malformed line would make a scraper reject the whole answer. */
const LABELS = /^(?:[A-Za-z_]\w*="(?:[^"\\]|\\[\\"n])*"(?:,(?!$)|$))+$/;

/** Parses Prometheus's text format, as far as SRS uses it. */
export function parseMetrics(text: string): ChildMetrics {
  const values = new Map<string, number>();
  const labels = new Map<string, string>();
  for (const { groups = {} } of text.matchAll(LINE)) {
    const { name = '', labels: pairs } = groups;
    const number = Number(groups.value);
    if (pairs === undefined) values.set(name, Number.isFinite(number) ? number : 0);
    else if (LABELS.test(pairs)) labels.set(name, pairs);
  }
  return { values, labels };
}

/**
 * Returns SRS's `/metrics` for all children: sums, and one `srs_build_info` per child. `totals` are
 * the counters, which include ended children.
 */
export function renderMetrics(
  children: ReadonlyMap<string, ChildMetrics>,
  totals: ReadonlyMap<string, number>,
): string {
  const all = [...children.values()];
  const uname = all.map(({ labels }) => labels.get(UNAME)).find((text) => text !== undefined);
  const builds = [...children].flatMap(([child, { labels }]) => {
    const text = labels.get(BUILD);
    return text === undefined ? [] : [`${BUILD}{child="${child}",${text}} 1`];
  });
  const sum = (name: string) =>
    all.reduce((value, { values }) => value + (values.get(name) ?? 0), 0);
  return [
    ...(uname === undefined ? [] : [...head(UNAME, 'gauge', 'The system, as uname names it.')]),
    ...(uname === undefined ? [] : [`${UNAME}{${uname}} 1`]),
    ...head(BUILD, 'gauge', "Each child's SRS."),
    ...builds,
    ...SUMMED.flatMap(({ name, type, help }) => [
      ...head(name, type, help),
      `${name} ${totals.get(name) ?? sum(name)}`,
    ]),
    '',
  ].join('\n');
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
