import type { AdminStatus, ListenerRow } from '../admin/types.js';
import type { RefusalRow } from '../unmanaged/refusals.js';
import { boxesText } from './box-list.js';
import { formatBytes, formatDuration } from './format.js';
import { noteText } from './lists.js';
import { jobText } from './operate.js';
import type { Tone } from './paint.js';
import { type Column, columnsOf, NO_SCREEN, printable, type Screen, table } from './table.js';
import { wrapped } from './wrap.js';

/** Columns of the names that `status` prints. */
const NAMES = 10;
/** Most children, and most refused origins, that are named, so that the text fits a screen. */
const MOST_NAMED = 3;

/** A line: its name, its text, and a tone for the text. */
type Line = readonly [name: string, text: string, tone?: Tone | undefined];

/** Formats the state of a supervisor on one screen: facts, then the ports with their counts. */
export function statusText(status: AdminStatus, now: number, screen: Screen = NO_SCREEN): string {
  const { children, srs, state } = status;
  const { version, pid, streams } = status;
  const binary = `${srs.kind} ${srs.version} (${srs.path})`;
  const lines: Line[] = [
    ['state', `${state}, for ${formatDuration(status.uptimeSeconds)}`, STATES[state]],
    ['version', `${version}, pid ${pid}, relay ${relayText(status.relay)}`],
    ['srs', srs.kind === 'none' ? 'none: origins register' : binary],
    ...(status.boxes.length > 0 ? [['boxes', `${status.boxes.length}`] as const] : []),
    ['children', `${children.ready} of ${children.total} ready`, tone(children)],
    ...noteLines(children, now),
    ...jobLines(status, now),
    ['streams', `${streams}, with ${connectionsText(status)}`],
    ['traffic', `${formatBytes(status.bytesIn)} in, ${formatBytes(status.bytesOut)} out`],
    ...troubles(status),
    ...refusedOrigins(status),
  ];
  const facts = lines.map((line) => factLine(line, screen)).join('');
  const ports = portsText(status.listeners, screen);
  return `${facts}\n${ports}${boxesText(status, now, screen)}`;
}

const STATES: Partial<Record<AdminStatus['state'], Tone>> = {
  ready: 'good',
  starting: 'warning',
  draining: 'warning',
};

function tone({ ready, total }: AdminStatus['children']): Tone {
  return ready === total ? 'good' : ready > 0 ? 'warning' : 'bad';
}

function factLine([name, text, tone]: Line, { width, paint }: Screen): string {
  const line = wrapped(`${name.padEnd(NAMES)}${printable(text)}`, width, NAMES);
  const [head, rest] = [line.slice(0, NAMES), line.slice(NAMES)];
  return `${head}${tone === undefined ? rest : paint(rest, tone)}\n`;
}

/** An older supervisor tells of none. */
function jobLines({ job }: Partial<Pick<AdminStatus, 'job'>>, now: number): Line[] {
  return job ? [['job', jobText({ ...job, now: [] }, now)]] : [];
}

/** An older supervisor tells of none. */
function noteLines({ notes = [] }: Partial<AdminStatus['children']>, now: number): Line[] {
  const lines: Line[] = notes
    .slice(0, MOST_NAMED)
    .map((note) => ['', noteText(note, now), 'warning']);
  const left = notes.length - lines.length;
  if (left > 0) lines.push(['', 'and others: srs-supervisor children names them']);
  return lines;
}

/** An older supervisor tells of no disk. */
function troubles(status: AdminStatus): Line[] {
  const { unforeseenErrors, logLinesDropped } = status;
  const { fullDisk = null }: Partial<AdminStatus> = status;
  const lines: Line[] = [];
  if (fullDisk !== null) {
    const room = `${formatBytes(fullDisk.free)} free of ${formatBytes(fullDisk.total)}`;
    lines.push(['disk', `full: ${room} where the work directory is; make room`, 'bad']);
  }
  if (unforeseenErrors > 0) {
    lines.push(['errors', `${unforeseenErrors} unforeseen: see the log`, 'bad']);
  }
  if (logLinesDropped > 0) {
    lines.push(['log', `${logLinesDropped} lines dropped: nobody took them`, 'warning']);
  }
  return lines;
}

/** Returns `3 connections, 1 player that waits`. */
function connectionsText({ connections, heldPlayers }: AdminStatus): string {
  const all = `${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  if (heldPlayers === 0) return all;
  return `${all}, ${heldPlayers} ${heldPlayers === 1 ? 'player that waits' : 'players that wait'}`;
}

function relayText({ engine, threads }: AdminStatus['relay']): string {
  if (threads === 0) return engine;
  return `${engine} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** Returns lines such as `10.0.0.9, 12 times: register: …`. */
function refusedOrigins({ origins: { refused } }: AdminStatus): Line[] {
  const lines = refused.slice(0, MOST_NAMED).map(refusalLine);
  const left = refused.length - lines.length;
  return left > 0 ? [...lines, ['', `and ${left} others: see the log`]] : lines;
}

function refusalLine({ from, reason, times }: RefusalRow): Line {
  return ['refused', `${from}, ${times} ${times === 1 ? 'time' : 'times'}: ${reason}`, 'warning'];
}

const PORT_COLUMNS: readonly Column[] = [
  { title: 'PORT' },
  { title: 'ADDRESS' },
  { title: 'ACCEPTED', align: 'right' },
  { title: 'REFUSED', align: 'right' },
  { title: 'FAILED' },
];

/** Formats the ports as a table. Reasons that do not fit go on below the first ones. */
function portsText(listeners: readonly ListenerRow[], { width, paint }: Screen): string {
  const text = table(PORT_COLUMNS, listeners.map(portCells), { width: null, paint });
  const [titles = ''] = table(PORT_COLUMNS, listeners.map(portCells), NO_SCREEN).split('\n');
  const indent = titles.lastIndexOf('FAILED');
  return text
    .split('\n')
    .map((line) => (columnsOf(line) > indent ? wrapped(line, width, indent) : line))
    .join('\n');
}

function portCells({ name, address, transport, clients }: ListenerRow): string[] {
  const where = `${address} ${transport}`;
  if (clients === undefined) return [name, where, '-', '-', ''];
  const failed = Object.entries(clients.failed).filter(([, count]) => count > 0);
  const reasons = failed.map(([reason, count]) => `${count} ${reason}`).join(', ');
  return [name, where, `${clients.accepted}`, `${clients.refused}`, reasons];
}
