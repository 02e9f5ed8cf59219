import type { AdminStatus, ChildRow } from '../admin/types.js';
import { formatCpuList } from '../cpu/cpuset.js';
import { PLAIN } from './paint.js';
import { type Column, table } from './table.js';

/** Most children that are listed; more are only counted, so that the text fits on a screen. */
const MAX_ROWS = 16;
const WIDTH = 80;
const COLUMNS: readonly Column[] = [
  { title: 'CHILD' },
  { title: 'STATE' },
  { title: 'CPU', elastic: true },
  { title: 'RTMP', align: 'right' },
  { title: 'HTTP', align: 'right' },
  { title: 'API', align: 'right' },
  { title: 'PID', align: 'right' },
];

export interface BannerFacts {
  readonly status: AdminStatus;
  readonly children: readonly ChildRow[];
  /** Address for clients on this machine: `127.0.0.1:1935`. */
  readonly rtmp: string;
  /** Null: the HTTP port is off. */
  readonly http: string | null;
  /** Address of the admin port. */
  readonly admin: string;
  readonly demo: boolean;
  /** Path of the player pages on the HTTP port. */
  readonly pages: string;
  /** Command by which the user calls this program. */
  readonly command: string;
  /** Path of a file to publish. */
  readonly clip: string;
}

/** Renders the text that `run` prints once it serves: program, children, and commands to try. */
export function renderBanner(facts: BannerFacts): string {
  const list = children(facts.children, facts.command);
  return [whichSrs(facts.status), '', list, '', commands(facts)].join('\n');
}

function whichSrs(status: AdminStatus): string {
  const { version, srs } = status;
  const line = `srs-supervisor ${version} runs ${srs.kind} ${srs.version} (${srs.path})`;
  if (srs.kind === 'none') return withoutChildren(status);
  if (srs.kind === 'srs') return line;
  return `${line}\nmini-srs is our small embedded origin; for production put srs into srs-bin/.`;
}

/** Tells the URL for origins' heartbeats. */
function withoutChildren({ version, listeners, origins }: AdminStatus): string {
  const admin = listeners.find(({ name }) => name === 'admin')?.address ?? '';
  if (!origins.mayRegister) {
    return `srs-supervisor ${version} starts no children; origins.from says which SRS origins may register`;
  }
  const line = `srs-supervisor ${version} starts no children; SRS origins register by`;
  return `${line}\nheartbeat { enabled on; ports on; url http://${admin}/api/v1/srs/register; }`;
}

function children(rows: readonly ChildRow[], command: string): string {
  if (rows.length > MAX_ROWS) {
    const ready = rows.filter(({ state }) => state === 'ready').length;
    return `${ready} of ${rows.length} children are ready; ${command} children lists them`;
  }
  if (rows.length === 0) return 'no origin has registered yet';
  const cells = rows.map(({ id, state, cpus, ports, pid }) => {
    const cpu = cpus.length > 0 ? formatCpuList(cpus) : 'any';
    return [id, state, cpu, ...[ports.rtmp, ports.http, ports.api, pid ?? '-'].map(String)];
  });
  return table(COLUMNS, cells, { width: WIDTH, paint: PLAIN }).trimEnd();
}

function commands({ rtmp, http, admin, demo, pages, command, clip }: BannerFacts): string {
  const stream = demo ? 'demo' : 'test';
  const web = http === null ? [] : [`         ffplay http://${http}/live/${stream}.flv`];
  return [
    `publish  ffmpeg -re -i ${clip} -c copy -f flv rtmp://${rtmp}/live/test`,
    `play     ffplay rtmp://${rtmp}/live/${stream}${demo ? '      (a clip, published now)' : ''}`,
    ...web,
    ...(http === null ? [] : [`watch    http://${http}${pages}`]),
    `console  http://${admin}/`,
    `status   ${command} status      (or: children, streams, clients)`,
    'stop     Ctrl-C',
  ].join('\n');
}
