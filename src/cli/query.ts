import { adminGet } from '../admin/client.js';
import { conditionOf, notesOf } from '../admin/notes.js';
import type { AdminStatus, ChildNote, ChildRow, ListenerRow } from '../admin/types.js';
import type { Address } from '../config/config.js';
import { formatCpuList } from '../cpu/cpuset.js';
import type { StreamStatus } from '../placement/types.js';
import type { RefusalRow } from '../unmanaged/refusals.js';
import { formatAge, formatBytes, formatDuration, formatPercent } from './format.js';
import { jobText } from './operate.js';
import { type Column, printable, table } from './table.js';
import { wrapped } from './wrap.js';

/** Columns of the names that `status` prints. */
const NAMES = 13;

export interface Query {
  readonly kind: 'status' | 'children' | 'streams';
  readonly address: Address;
  readonly token: string | null;
  readonly json: boolean;
  /** Columns of the terminal; null: no terminal, so lines may have any length. */
  readonly width: number | null;
}

/** Asks a running supervisor; returns its answer as text or as JSON. @throws ERR_ADMIN */
export async function runQuery({ kind, address, token, json, width }: Query): Promise<string> {
  const path = `/admin/v1/${kind}`;
  if (json) return `${JSON.stringify(await adminGet<unknown>(address, path, token), null, 2)}\n`;
  if (kind === 'status') {
    return statusText(await adminGet<AdminStatus>(address, path, token), Date.now(), width);
  }
  if (kind === 'children') {
    return childrenText(await adminGet<ChildRow[]>(address, path, token), Date.now(), width);
  }
  return streamsText(await adminGet<StreamStatus[]>(address, path, token), Date.now(), width);
}

export function statusText(status: AdminStatus, now: number, width: number | null = null): string {
  const { children, srs } = status;
  const lines: [string, string][] = [
    ['state', `${status.state}, for ${formatDuration(status.uptimeSeconds)}`],
    ['version', `${status.version}, pid ${status.pid}`],
    [
      'srs',
      srs.kind === 'none' ? 'none: origins register' : `${srs.kind} ${srs.version} (${srs.path})`,
    ],
    ['relay', relayText(status.relay)],
    ...boxes(status),
    ['children', `${children.ready} of ${children.total} ready`],
    ...noteLines(children, now),
    ...jobLines(status, now),
    ['streams', String(status.streams)],
    ['connections', connectionsText(status)],
    ['traffic', `${formatBytes(status.bytesIn)} in, ${formatBytes(status.bytesOut)} out`],
    ...troubles(status),
    ...status.listeners.flatMap(listenerLines),
    ...status.origins.refused.map(refusalLine),
  ];
  return lines
    .map(([name, text]) => `${name.padEnd(NAMES)}${printable(text)}`)
    .map((line) => `${wrapped(line, width, NAMES)}\n`)
    .join('');
}

/** An older supervisor tells of none. */
function jobLines({ job }: Partial<Pick<AdminStatus, 'job'>>, now: number): [string, string][] {
  return job ? [['job', jobText({ ...job, now: [] }, now)]] : [];
}

/** An older supervisor tells of none. */
function noteLines(
  { notes = [] }: Partial<AdminStatus['children']>,
  now: number,
): [string, string][] {
  return notes.map((note) => ['', noteText(note, now)]);
}

/** Returns `c002 broken for 3m 5s: it crashed …`. */
function noteText({ id, state, since, why }: ChildNote, now: number): string {
  const reason = why === null ? '' : `: ${why}`;
  return `${id} ${state} for ${formatDuration((now - since) / 1000)}${reason}`;
}

function troubles({ unforeseenErrors, logLinesDropped }: AdminStatus): [string, string][] {
  const lines: [string, string][] = [];
  if (unforeseenErrors > 0) lines.push(['errors', `${unforeseenErrors} unforeseen: see the log`]);
  if (logLinesDropped > 0)
    lines.push(['log', `${logLinesDropped} lines dropped: nobody took them`]);
  return lines;
}

/** Other boxes that share the map, by the hosts at which they are reached. */
function boxes({ boxes: rows }: AdminStatus): [string, string][] {
  if (rows.length === 0) return [];
  const hosts = rows.map(({ host, own }) => (own ? `${host} (this one)` : host));
  return [['boxes', `${rows.length}: ${hosts.join(', ')}`]];
}

function connectionsText({ connections, heldPlayers }: AdminStatus): string {
  return heldPlayers === 0 ? `${connections}` : `${connections}, players that wait: ${heldPlayers}`;
}

function relayText({ engine, threads }: AdminStatus['relay']): string {
  if (threads === 0) return engine;
  return `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** Returns lines such as `[::]:1935 (tcp), 40 accepted, 3 refused` and `failed: 2 invalid`. */
function listenerLines({ name, address, transport, clients }: ListenerRow): [string, string][] {
  const where = `${address} (${transport})`;
  if (clients === undefined) return [[name, where]];
  const failed = Object.entries(clients.failed).filter(([, count]) => count > 0);
  const reasons = failed.map(([reason, count]) => `${count} ${reason}`).join(', ');
  const refused = clients.refused > 0 ? `, ${clients.refused} refused` : '';
  const line: [string, string] = [name, `${where}, ${clients.accepted} accepted${refused}`];
  return reasons === '' ? [line] : [line, ['', `failed: ${reasons}`]];
}

/** Returns a line such as `10.0.0.9, 12 times: register: …`. */
function refusalLine({ from, reason, times }: RefusalRow): [string, string] {
  return ['refused', `${from}, ${times} ${times === 1 ? 'time' : 'times'}: ${reason}`];
}

const CHILD_COLUMNS: readonly Column[] = [
  { title: 'CHILD' },
  { title: 'STATE' },
  { title: 'PID', align: 'right' },
  { title: 'CPUS', elastic: true },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'STREAMS', align: 'right' },
  { title: 'CLIENTS', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
];

/** Returns the table of the children, and below it those that are not simply ready, and why. */
export function childrenText(
  children: readonly ChildRow[],
  now: number,
  width: number | null,
): string {
  const rows = children.map((child) => [
    child.id,
    conditionOf(child),
    child.pid === null ? '-' : String(child.pid),
    child.cpus.length === 0 ? '-' : formatCpuList(child.cpus),
    formatPercent(child.cpu),
    formatBytes(child.rss),
    String(child.streams),
    String(child.clients),
    String(child.restarts),
  ]);
  const notes = [
    ...notesOf(children).map((note) => noteText(note, now)),
    ...children.flatMap((child) => lastErrorLines(child, now)),
  ].map((note) => `${wrapped(printable(note), width)}\n`);
  const below = notes.length > 0 ? ['\n', ...notes] : [];
  return [table(CHILD_COLUMNS, rows, width), ...below].join('');
}

/** Returns `c001: last error 2m ago: killed by SIGKILL`; an older supervisor tells no time. */
function lastErrorLines({ id, lastError, lastErrorAt }: ChildRow, now: number): string[] {
  if (lastError === null) return [];
  const known = typeof lastErrorAt === 'number';
  const ago = known ? ` ${formatAge((now - lastErrorAt) / 1000)} ago` : '';
  return [`${id}: last error${ago}: ${lastError}`];
}

const STREAM_COLUMNS: readonly Column[] = [
  { title: 'STREAM', elastic: true },
  { title: 'CHILD' },
  { title: 'PUBLISHING' },
  { title: 'CLIENTS', align: 'right' },
  { title: 'FOR', align: 'right' },
];

export function streamsText(
  streams: readonly StreamStatus[],
  now: number,
  width: number | null | null,
): string {
  if (streams.length === 0) return 'no streams\n';
  const rows = streams.map(({ stream, child, publishing, clients, since }) => [
    stream,
    child,
    publishing ? 'yes' : 'no',
    String(clients),
    formatDuration((now - since) / 1000),
  ]);
  return table(STREAM_COLUMNS, rows, width);
}
