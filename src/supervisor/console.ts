import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { AdminPlugin } from '../admin/server.js';
import type { AdminSource } from '../admin/types.js';
import type { Prepared } from '../check/prepared.js';
import { logFolder } from '../child/workdir.js';
import type { LoopClock } from '../clock/loop.js';
import type { MachineShape } from '../console/answer.js';
import { consoleRoutes } from '../console/routes.js';
import { shapeOf } from '../console/shape.js';
import type { ConsoleSource, ThreadUse } from '../console/snapshot.js';
import { readTopology } from '../cpu/topology.js';
import { History } from '../history/history.js';
import type { Placement } from '../placement/placement.js';
import type { RelayEngine } from '../relay/relay.js';
import { TailedFile } from '../system/tail.js';
import type { Listeners } from './listeners.js';
import type { Owners } from './owners.js';

/** Last lines of a child's log that are shown. */
const LOG_LINES = 200;
/** Milliseconds for which the CPUs are taken to be as they were read. */
const SHAPE_MS = 60_000;
const SECOND_US = 1e6;

export interface HistoryParts {
  readonly view: Pick<AdminSource, 'streams'>;
  readonly owners: Pick<Owners, 'statuses'>;
  readonly placement: Pick<Placement, 'size'>;
  readonly listeners: Listeners;
  readonly loop: LoopClock;
}

export interface ConsoleParts {
  readonly view: AdminSource;
  readonly listeners: Listeners;
  readonly prepared: Pick<Prepared, 'config' | 'plan' | 'pinning'>;
  readonly engine: RelayEngine;
  readonly history: History;
}

/**
 * Returns the history of the box, which samples once it is started. It samples whether or not
 * somebody looks, so it asks for figures alone and not for the rows of the admin port.
 */
export function makeHistory(parts: HistoryParts): History {
  const { view, owners, placement, listeners, loop } = parts;
  let late = 0;
  loop.on('tick', (ms) => {
    late = Math.max(late, ms);
  });
  let used = { at: performance.now(), cpu: process.cpuUsage() };
  const ownPercent = () => {
    const { user, system } = process.cpuUsage(used.cpu);
    const now = performance.now();
    const seconds = (now - used.at) / 1000;
    used = { at: now, cpu: process.cpuUsage() };
    return (100 * (user + system)) / SECOND_US / Math.max(0.001, seconds);
  };
  return new History({
    box: () => {
      const loads = owners.statuses().map(({ cpu }) => cpu);
      const { connections: clients } = listeners.totals();
      const streams = placement.size;
      const lag = late;
      late = 0;
      const mean = loads.reduce((sum, cpu) => sum + cpu, 0) / Math.max(1, loads.length);
      const cpuMost = Math.max(0, ...loads);
      return {
        clients,
        streams,
        ...listeners.rates(),
        cpu: mean,
        cpuMost,
        own: ownPercent(),
        lag,
      };
    },
    children: () => {
      const traffic = listeners.traffic();
      return owners.statuses().map(({ id, cpu }) => [id, cpu, traffic.get(id)?.bitrate ?? 0]);
    },
    streams: async () =>
      (await view.streams()).map(({ stream, bitrate, clients }) => [stream, bitrate ?? 0, clients]),
  });
}

/** Returns the routes of the console at the admin port. */
export function makeConsole(parts: ConsoleParts): AdminPlugin {
  const { view, history, listeners, prepared, engine } = parts;
  const cpus = () => (prepared.pinning === null ? [] : prepared.plan.reserved);
  return consoleRoutes({
    admin: view,
    history,
    rates: () => listeners.rates(),
    shape: shapeReader(cpus),
    threads: () => threadsOf(engine, cpus()),
    own: () => {
      const { user, system } = process.cpuUsage();
      return { cpuSeconds: (user + system) / SECOND_US, rss: process.memoryUsage.rss() };
    },
    players: () => playersOf(listeners),
    log: (child) => lastLines(join(logFolder(prepared.config.workDir), `${child}.log`)),
  });
}

/** Returns a function that reads the CPUs, at most once a minute. */
function shapeReader(reserved: () => readonly number[]): () => MachineShape {
  let known: { readonly shape: MachineShape; readonly at: number } | null = null;
  return () => {
    const now = performance.now();
    if (known === null || now - known.at > SHAPE_MS) {
      known = { shape: shapeOf(readTopology(), reserved()), at: now };
    }
    return known.shape;
  };
}

/** Each relay thread has one of the reserved CPUs, over again where there are fewer. */
function threadsOf(engine: RelayEngine, cpus: readonly number[]): ThreadUse[] {
  const isBound = engine.name === 'native' && cpus.length > 0;
  return engine.threadUsage().map(({ index, pairs, cpuSeconds }) => {
    const on = isBound ? (cpus[index % cpus.length] ?? null) : null;
    return { index, on, pairs, cpuSeconds };
  });
}

function playersOf(listeners: Listeners): ReturnType<ConsoleSource['players']> {
  for (const scheme of ['http', 'https'] as const) {
    const bound = listeners.address(scheme);
    if (bound !== null) return { scheme, port: bound.port };
  }
  return null;
}

/** Returns null if there is no such file. */
async function lastLines(path: string): Promise<string[] | null> {
  const file = new TailedFile(path);
  try {
    const lines = await file.last(LOG_LINES);
    return lines.map((line) => stripVTControlCharacters(line));
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
