import { eventRoutes } from '../../src/admin/event-routes.js';
import { AdminServer } from '../../src/admin/server.js';
import type { AdminSource, ChildRow, ClientRow, StreamRow } from '../../src/admin/types.js';
import { portsAt } from '../../src/child/ports.js';
import { consoleRoutes, isConsoleFile } from '../../src/console/routes.js';
import { shapeOf } from '../../src/console/shape.js';
import type { ConsoleSource } from '../../src/console/snapshot.js';
import type { Topology } from '../../src/cpu/types.js';
import { EventLog } from '../../src/events/event-log.js';
import { History } from '../../src/history/history.js';
import { BOXES, STATUS } from '../admin/fixtures.js';
import { key } from './stream-key.js';

export interface FakeBoxOptions {
  readonly children: number;
  readonly streams: number;
  readonly topology: Topology;
  readonly reserved: readonly number[];
  readonly token?: string;
}

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const MBIT = 1e6;
/** Samples of an hour of the box, and of its streams. */
const BOX_SAMPLES = 720;
const THING_SAMPLES = 180;

/** A number from 0 to 1 that is always the same for the same words. */
function chance(...words: readonly (string | number)[]): number {
  let hash = 2166136261;
  for (const letter of words.join(' ')) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return ((hash >>> 0) % 10_000) / 10_000;
}

/** The admin port of a box that is not there: its figures move, and are equal for equal options. */
export class FakeBox {
  readonly events = new EventLog({ clock: () => Date.now() });
  readonly history: History;
  readonly #options: FakeBoxOptions;
  readonly #admin: AdminServer;
  readonly #freeCpus: readonly number[];
  readonly #clients: readonly ClientRow[];
  /** Streams of that second. */
  #rows: { readonly turn: number; readonly streams: readonly StreamRow[] } | null = null;

  constructor(options: FakeBoxOptions) {
    this.#options = options;
    const { topology, reserved, token = null } = options;
    this.#freeCpus = topology.cores.flatMap(([cpu = 0]) => (reserved.includes(cpu) ? [] : [cpu]));
    this.#clients = this.#clientRows();
    const source = this.#source();
    this.history = new History({
      box: () => this.#sample(),
      children: () => this.#children().map(({ id, cpu, bitrate }) => [id, cpu, bitrate]),
      streams: async () =>
        this.#streams().map(({ stream, bitrate, clients }) => [stream, bitrate ?? 0, clients]),
    });
    this.#admin = new AdminServer({
      address: { host: '127.0.0.1', port: 0 },
      token,
      isFree: isConsoleFile,
      source,
      plugins: [
        eventRoutes({ events: this.events, source }),
        consoleRoutes(this.#consoleSource(source)),
      ],
    });
  }

  /** Fills the hour with samples, and opens the port. */
  async start(): Promise<string> {
    for (let i = 0; i < BOX_SAMPLES; i += 1) {
      this.history.addBox(NOW - HOUR_MS + (i * HOUR_MS) / BOX_SAMPLES, this.#sample(i / 40));
    }
    for (let i = 0; i < THING_SAMPLES; i += 1) await this.history.lookAtThings();
    this.#tellStory();
    await this.#admin.start();
    return `http://127.0.0.1:${this.#admin.address().port}`;
  }

  close(): Promise<void> {
    return this.#admin.close();
  }

  #tellStory(): void {
    const stream = 'live/s00017';
    const name = `__defaultVhost__/${stream}`;
    this.events.record({ type: 'box', state: 'serving' });
    this.events.record({ type: 'publish', stream: name, child: 'c018', client: '192.0.2.7' });
    this.events.record({
      ...{ type: 'child-down', child: 'c007', generation: 1, reason: 'killed by SIGKILL' },
      ...{ streams: 1, names: [name] },
    });
    this.events.record({ type: 'child-restart', child: 'c007', reason: 'SIGKILL', waitMs: 1000 });
    this.events.record({ type: 'child-up', child: 'c007', generation: 2, pid: 4799 });
    this.events.record({ type: 'child-drained', child: 'c012', generation: 1, why: 'by order' });
  }

  #sample(phase = Date.now() / 60_000) {
    const wave = 1 + 0.35 * Math.sin(phase / 3) + 0.06 * Math.sin(phase * 5);
    const { children, streams } = this.#options;
    return {
      clients: Math.round(streams * 2.1 * wave),
      streams: Math.round(streams * (0.96 + 0.04 * wave)),
      in: streams * 2.4 * MBIT * wave,
      out: streams * 5.1 * MBIT * wave,
      cpu: 38 * wave,
      cpuMost: Math.min(98, 71 * wave),
      own: children * 0.6 * wave,
      lag: 1 + 4 * Math.abs(Math.sin(phase * 7)),
    };
  }

  #children(): ChildRow[] {
    const { children } = this.#options;
    const turn = Math.floor(Date.now() / 1000);
    return Array.from({ length: children }, (_, i): ChildRow => {
      const id = `c${String(i + 1).padStart(3, '0')}`;
      const swing = 12 * Math.sin(turn / 9 + i);
      const cpu = Math.max(1, 90 * chance('load', i) ** 1.5 + swing);
      const state = i === 11 ? 'draining' : i === 40 ? 'failed' : 'ready';
      const isUp = state !== 'failed';
      const cpus = [this.#freeCpus[i % this.#freeCpus.length] ?? 0];
      return {
        ...{ id, managed: true, pid: isUp ? 5000 + i : null, cpus, state, answering: true },
        ...{ since: NOW - HOUR_MS, why: isUp ? null : 'killed by SIGKILL, starts in 4 s' },
        ...{ health: 'ok', ejected: false, readySince: isUp ? NOW - HOUR_MS : null },
        ...{ ports: portsAt(20_000), generation: 1, restarts: i % 7 === 6 ? 1 : 0 },
        ...{ cpu: isUp ? cpu : 0, rss: 60e6 + i * 4e5, lastError: null, lastErrorAt: null },
        ...{ streams: Math.round(cpu / 2), clients: Math.round(cpu * 2), bitrate: cpu * 4 * MBIT },
      };
    });
  }

  #streams(): readonly StreamRow[] {
    const { children, streams } = this.#options;
    const turn = Math.floor(Date.now() / 1000);
    if (this.#rows?.turn === turn) return this.#rows.streams;
    const made = Array.from({ length: streams }, (_, i): StreamRow => {
      const bitrate = Math.round(MBIT * (1 + 4 * chance('rate', i) + Math.sin(turn + i) / 4));
      return {
        stream: key(`__defaultVhost__/live/s${String(i).padStart(5, '0')}`),
        child: `c${String((i % children) + 1).padStart(3, '0')}`,
        ...{ publishing: true, since: NOW - (i % 3000) * 1000, bitrate },
        publisher: `192.0.2.${i % 250}:${50_000 + (i % 9000)}`,
        clients: 1 + Math.floor(60 * chance('watch', i) ** 6),
      };
    });
    this.#rows = { turn, streams: made };
    return made;
  }

  #clientRows(): readonly ClientRow[] {
    return this.#streams().flatMap(({ stream, child, clients }, i) =>
      Array.from({ length: clients }, (_, n): ClientRow => {
        const port = n === 0 ? 'rtmp' : (['http', 'hls', 'rtmp', 'srt'][(i + n) % 4] ?? 'http');
        const role = n === 0 ? 'publish' : 'play';
        const bytes = Math.round(1e9 * chance('bytes', i, n));
        const client = `198.51.100.${(i + n) % 250}:${40_000 + ((i * 7 + n) % 20_000)}`;
        const moved = role === 'publish' ? [bytes, 4000] : [900, bytes];
        const [bytesIn = 0, bytesOut = 0] = moved;
        const since = NOW - (i % 3000) * 1000;
        return { id: `${i}-${n}`, client, port, role, stream, child, bytesIn, bytesOut, since };
      }),
    );
  }

  #source(): AdminSource {
    const children = () => this.#children();
    return {
      status: () => {
        const rows = children();
        const ready = rows.filter(({ state }) => state === 'ready').length;
        const notes = rows
          .filter(({ state }) => state !== 'ready')
          .map(({ id, state, since, why }) => ({ id, state, since, why }));
        const connections = this.#clients.length;
        const { streams } = this.#options;
        return {
          ...STATUS,
          boxes: BOXES,
          children: { total: rows.length, ready, notes },
          streams,
          connections,
        };
      },
      children,
      streams: async () => this.#streams(),
      clients: async () => this.#clients,
      connections: async () => [],
    };
  }

  #consoleSource(admin: AdminSource): ConsoleSource {
    const { topology, reserved } = this.#options;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    return {
      admin,
      history: this.history,
      rates: () => this.#sample(),
      shape: () => shapeOf(topology, reserved),
      threads: () =>
        reserved.map((on, index) => {
          return { index, on, pairs: 900 + index, cpuSeconds: seconds() * 0.4 };
        }),
      own: () => ({ cpuSeconds: 1 + seconds() * 1.6, rss: 240e6 }),
      players: () => null,
      log: async (child) => [`log of ${child}`],
    };
  }
}
