import type {
  AdminSource,
  AdminStatus,
  ChildRow,
  ClientRow,
  StreamRow,
} from '../../src/admin/types.js';
import { portsAt } from '../../src/child/ports.js';
import { key } from '../helpers/stream-key.js';

export const STATUS: AdminStatus = {
  unforeseenErrors: 0,
  logLinesDropped: 0,
  state: 'ready',
  version: '0.1.0',
  pid: 4711,
  uptimeSeconds: 93_784,
  srs: { kind: 'srs', version: '7.0.18', path: '/usr/local/srs/objs/srs' },
  relay: { engine: 'native', threads: 1 },
  listeners: [
    { name: 'rtmp', transport: 'tcp', address: '1935' },
    { name: 'admin', transport: 'tcp', address: '127.0.0.1:12025' },
  ],
  boxes: [],
  children: {
    total: 2,
    ready: 1,
    notes: [{ id: 'c002', state: 'failed', since: 95_000, why: 'exit code 3' }],
  },
  job: null,
  fullDisk: null,
  streams: 1,
  connections: 3,
  pending: 1,
  heldPlayers: 1,
  bytesIn: 1_500_000,
  bytesOut: 3_000_000_000,
  hooks: { on_play: { calls: 3, refused: 1, failed: 0, dropped: 0, p50: 2, p99: 9 } },
  origins: { mayRegister: false, refused: [] },
};

/** Boxes of a cluster, of which the first is ours and the last is of an older version. */
export const BOXES: AdminStatus['boxes'] = [
  {
    ...{ id: 'a.1', host: '10.0.0.1', own: true },
    load: {
      ...{ state: 'ready', version: '0.1.0', since: 40_000, children: 4, ready: 3, streams: 12 },
      ...{ connections: 345, bitrateIn: 24_000_000, bitrateOut: 1_500_000_000, cpu: 41.5 },
    },
  },
  {
    ...{ id: 'b.1', host: '10.0.0.2', own: false },
    load: {
      ...{ state: 'draining', version: '0.1.1', since: 90_000, children: 8, ready: 8, streams: 7 },
      ...{ connections: 20, bitrateIn: 2_000_000, bitrateOut: 9_000_000, cpu: 3 },
    },
  },
  { id: 'c.1', host: '10.0.0.3', own: false, load: null },
];

export const CHILDREN: readonly ChildRow[] = [
  {
    id: 'c001',
    managed: true,
    pid: 101,
    cpus: [2, 3, 4, 66],
    state: 'ready',
    since: 40_000,
    why: null,
    answering: true,
    health: 'ok',
    ejected: false,
    readySince: 40_000,
    ports: portsAt(20_000),
    generation: 3,
    restarts: 2,
    cpu: 12.34,
    rss: 23_400_000,
    lastError: 'killed by SIGKILL',
    lastErrorAt: 39_000,
    streams: 1,
    clients: 3,
    bitrate: 4_000_000,
  },
  {
    id: 'c002',
    managed: true,
    pid: null,
    cpus: [],
    state: 'failed',
    since: 95_000,
    why: 'exit code 3',
    answering: true,
    health: 'ok',
    ejected: false,
    readySince: null,
    ports: portsAt(20_010),
    generation: 9,
    restarts: 8,
    cpu: 0,
    rss: 0,
    lastError: 'exited with code 234 within 40 ms: Address already in use, is another SRS there?',
    lastErrorAt: 95_000,
    streams: 0,
    clients: 0,
    bitrate: 0,
  },
];

export const STREAMS: readonly StreamRow[] = [
  {
    stream: key('v/live/s'),
    child: 'c001',
    publishing: true,
    clients: 3,
    since: 1_000,
    publisher: '192.0.2.7:50000',
    bitrate: 2_500_000,
  },
];

export const CLIENTS: readonly ClientRow[] = [
  {
    id: '000007',
    client: '192.0.2.7:50000',
    port: 'rtmp',
    role: 'publish',
    stream: key('v/live/s'),
    child: 'c001',
    bytesIn: 10_000_000,
    bytesOut: 20,
    since: 1_000,
  },
];

export function source(part: Partial<AdminSource> = {}): AdminSource {
  return {
    status: () => STATUS,
    children: () => CHILDREN,
    streams: async () => STREAMS,
    clients: async () => CLIENTS,
    connections: async () => [
      {
        id: '000007',
        client: '192.0.2.7:50000',
        alias: '127.10.0.7',
        port: 'rtmp',
        child: 'c001',
        stream: key('v/live/s'),
        role: 'publish',
        bytesIn: 10,
        bytesOut: 20,
        since: 1_000,
      },
    ],
    ...part,
  };
}
