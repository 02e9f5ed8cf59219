import { conditionOf } from '../../admin/notes.js';
import type { ChildRow } from '../../admin/types.js';
import { plural } from '../../system/plural.js';
import { formatBits, formatDuration } from '../format.js';
import { jobText } from '../operate.js';
import { PLAIN } from '../paint.js';
import { cut, printable, table, columnsOf as widthOf } from '../table.js';
import type { Rate, Snapshot } from './rates.js';
import { columnsOf, type Row, VIEWS } from './rows.js';
import { selectedIndex, type TopState } from './state.js';

/** Columns and lines of a terminal. */
export interface Size {
  readonly columns: number;
  readonly lines: number;
}

export type Paint = 'plain' | 'dim' | 'bold' | 'selected' | 'good' | 'warm' | 'hot' | 'question';

/** A piece of a line, in one colour. */
interface Piece {
  readonly text: string;
  readonly paint: Paint;
}

export type Line = readonly Piece[];

/** Most lines for the picture of the children. */
const MOST_MACHINE_LINES = 6;
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** Percent of a core from which a child is warm, and hot. */
const WARM = 60;
const HOT = 85;
const KEYS_LINE = '? keys  1-4 view  ↑↓ select  Enter open  / filter  s sort  q quit';
const KEYS_HELP = [
  '1 2 3 4, Tab   children, streams, clients, boxes of the cluster',
  '↑ ↓ PgUp PgDn  select; Home, End: first, last',
  'Enter          the streams of a child, the clients of a stream',
  'Esc            all again, without a filter',
  '/              filter: only rows with this text',
  's, r           sort by the next column; in the other direction',
  'd, u, R        drain, undrain, restart the selected child',
  'k              kick the selected client, or all of the selected stream',
  'p              pause, or go on',
  'q, Ctrl-C      quit',
];

export interface Picture {
  readonly snapshot: Snapshot;
  readonly rate: Rate;
  readonly rows: readonly Row[];
  readonly state: TopState;
}

/** Returns the lines of the screen, at most as many and as wide as it has room for. */
export function picture(shown: Picture, size: Size): Line[] {
  const { state } = shown;
  const above = [...head(shown), ...machine(shown.snapshot.children, size), tabs(state)];
  const room = Math.max(1, size.lines - above.length - 1);
  const body = state.showsKeys ? KEYS_HELP.map(plain) : bodyOf(shown, size.columns, room);
  const filled = [...above, ...body.slice(0, room)];
  const blank = Math.max(0, size.lines - 1 - filled.length);
  const lines = [...filled, ...Array.from({ length: blank }, () => []), foot(state)];
  return lines.slice(-size.lines).map((line) => clipped(line, size.columns));
}

/** Returns how many rows of a view fit. */
export function pageOf({ snapshot }: Picture, size: Size): number {
  const above = headLines(snapshot) + machine(snapshot.children, size).length + 1;
  return Math.max(1, size.lines - above - 2);
}

function headLines({ status }: Snapshot): number {
  return status.job === null ? 2 : 3;
}

function head({ snapshot, rate }: Picture): Line[] {
  const { status } = snapshot;
  const { children, srs } = status;
  const program = srs.kind === 'none' ? 'registered origins' : `${srs.kind} ${srs.version}`;
  const state = `${status.state} for ${formatDuration(status.uptimeSeconds)}`;
  const all = children.ready === children.total;
  const waiting = status.heldPlayers > 0 ? `, ${status.heldPlayers} wait` : '';
  return [
    [
      { text: `srs-supervisor ${status.version}`, paint: 'bold' },
      ...plain(`  ${state}  ${program}  relay ${status.relay.engine}`),
    ],
    [
      { text: `${children.ready} of ${children.total} children`, paint: all ? 'good' : 'hot' },
      ...plain(`  ${plural(status.streams, 'stream')}`),
      ...plain(`  ${plural(status.connections, 'client')}${waiting}`),
      ...plain(`  in ${formatBits(rate.in)}  out ${formatBits(rate.out)}`),
    ],
    ...(status.job === null
      ? []
      : [[{ text: jobText({ ...status.job, now: [] }, snapshot.at), paint: 'warm' } as const]]),
  ];
}

/** Each child as one sign, as high as its load. */
function machine(children: readonly ChildRow[], { columns, lines }: Size): Line[] {
  const most = Math.min(MOST_MACHINE_LINES, Math.max(1, Math.floor(lines / 6)));
  const signs = children.slice(0, most * columns).map(signOf);
  const count = Math.ceil(signs.length / columns);
  return Array.from({ length: count }, (_, i) => signs.slice(i * columns, (i + 1) * columns));
}

function signOf(child: ChildRow): Piece {
  if (conditionOf(child) !== 'ready') return { text: '×', paint: 'hot' };
  const level = Math.min(LEVELS.length - 1, Math.floor((child.cpu / 100) * LEVELS.length));
  return { text: LEVELS[level] ?? '', paint: paintOf(child.cpu) };
}

function paintOf(cpu: number): Paint {
  if (cpu >= HOT) return 'hot';
  return cpu >= WARM ? 'warm' : 'good';
}

function tabs({ view, scope, filter, isTyping, isPaused }: TopState): Line {
  const names = VIEWS.flatMap((name, i): Piece[] => [
    { text: ` ${i + 1} ${name} `, paint: name === view ? 'selected' : 'dim' },
  ]);
  const within = scope.child ?? scope.stream;
  return [
    ...names,
    ...plain(within === null ? '' : `  of ${printable(within)}`),
    ...plain(filter === '' && !isTyping ? '' : `  /${filter}${isTyping ? '_' : ''}`),
    { text: isPaused ? '  paused' : '', paint: 'warm' },
  ];
}

function bodyOf({ snapshot, rows, state }: Picture, columns: number, room: number): Line[] {
  if (rows.length === 0) return [plain(noRows(snapshot, state))];
  const page = Math.max(1, room - 1);
  const index = selectedIndex(state, rows);
  const first = Math.min(
    Math.max(0, index - Math.floor(page / 2)),
    Math.max(0, rows.length - page),
  );
  const visible = rows.slice(first, first + page);
  const titles = columnsOf(state.view).map((column, i) => {
    const sign = state.reverse ? '▴' : '▾';
    return i === state.sort ? { ...column, title: `${column.title}${sign}` } : column;
  });
  const cells = visible.map((row) => row.cells);
  const [title = '', ...lines] = table(titles, cells, { width: columns, paint: PLAIN })
    .trimEnd()
    .split('\n');
  return [
    [{ text: title, paint: 'bold' }],
    ...lines.map((text, i): Line => {
      const isSelected = first + i === index;
      return [
        {
          text: isSelected ? text.padEnd(columns) : text,
          paint: isSelected ? 'selected' : 'plain',
        },
      ];
    }),
  ];
}

/** Returns why a view has no rows. */
function noRows(snapshot: Snapshot, { view, filter }: TopState): string {
  if (view !== 'boxes') return snapshot[view] === null ? 'asking …' : `no ${view}`;
  const isAlone = snapshot.status.boxes.length === 0 && filter === '';
  return isAlone ? 'this box is alone: it shares its streams with none' : 'no boxes';
}

function foot({ asked, notice }: TopState): Line {
  if (asked !== null) {
    const { kind, ...what } = asked;
    const words = Object.values(what).filter((value) => typeof value === 'string');
    return [
      {
        text: `${kind} ${printable(words.join(' '))}? y: yes, any other key: no`,
        paint: 'question',
      },
    ];
  }
  return notice === '' ? [{ text: KEYS_LINE, paint: 'dim' }] : plain(printable(notice));
}

function plain(text: string): Line {
  return [{ text, paint: 'plain' }];
}

/** Cuts a line at the terminal's width. */
function clipped(line: Line, columns: number): Line {
  const pieces: Piece[] = [];
  let left = columns;
  for (const { text, paint } of line) {
    if (left <= 0) break;
    const kept = cut(text, left);
    pieces.push({ text: kept, paint });
    left -= widthOf(kept);
  }
  return pieces;
}
