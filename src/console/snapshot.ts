import { conditionOf } from '../admin/notes.js';
import type { AdminSource, AdminStatus, ChildRow, ClientRow, StreamRow } from '../admin/types.js';
import type { History } from '../history/history.js';
import type { BoxHead, MachineLoad, MachineShape, ThreadLoad } from './answer.js';
import { Shared } from './shared.js';

/** A relay thread's use since its start. */
export interface ThreadUse {
  readonly index: number;
  /** CPU that it is bound to; null: it may run on several. */
  readonly on: number | null;
  readonly pairs: number;
  readonly cpuSeconds: number | null;
}

/** The supervisor's process since its start. */
interface OwnUse {
  readonly cpuSeconds: number;
  readonly rss: number;
}

/** Sources of all that the console shows. */
export interface ConsoleSource {
  readonly admin: Pick<AdminSource, 'status' | 'children' | 'streams' | 'clients'>;
  readonly history: Pick<History, 'box' | 'child' | 'stream'>;
  /** Bits per second from clients and to clients. */
  readonly rates: () => { readonly in: number; readonly out: number };
  readonly shape: () => MachineShape;
  readonly threads: () => readonly ThreadUse[];
  readonly own: () => OwnUse;
  readonly players: () => BoxHead['players'];
  /** Last lines that a child has logged; null: it has no log here. */
  readonly log: (child: string) => Promise<readonly string[] | null>;
}

/** The box and its children at one time. */
export interface Machine {
  readonly at: number;
  readonly status: AdminStatus;
  readonly head: BoxHead;
  readonly children: readonly ChildRow[];
  readonly load: MachineLoad;
}

/** The streams and clients at one time. */
export interface Crowd {
  readonly streams: readonly StreamRow[];
  readonly clients: readonly ClientRow[];
  /** Players of each stream by port. */
  readonly viewers: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** CPU seconds of the process and its threads, to measure the next ones against. */
interface Used {
  readonly at: number;
  readonly own: number;
  readonly threads: ReadonlyMap<number, number>;
}

/** Snapshots of the box, read once for all consoles. */
export class Snapshots {
  readonly machine = new Shared(async () => this.#machine());
  readonly crowd = new Shared(() => this.#crowd());
  readonly #source: ConsoleSource;
  #used: Used = { at: performance.now(), own: 0, threads: new Map() };

  constructor(source: ConsoleSource) {
    this.#source = source;
  }

  #machine(): Machine {
    const { admin, rates, threads, own, players } = this.#source;
    const status = admin.status();
    const children = admin.children();
    const uses = threads();
    const { rss, cpuSeconds } = own();
    const measured = this.#measure(cpuSeconds, uses);
    const { in: rateIn, out: rateOut } = rates();
    const head: BoxHead = {
      ...headOf(status),
      ...{ rateIn, rateOut, rss, own: measured.own, players: players() },
    };
    const load = { children: children.map(loadOf), threads: measured.threads };
    return { at: Date.now(), status, head, children, load };
  }

  /** Returns the loads since the last snapshot. */
  #measure(
    own: number,
    uses: readonly ThreadUse[],
  ): { readonly own: number; readonly threads: ThreadLoad[] } {
    const before = this.#used;
    const at = performance.now();
    const seconds = Math.max(0.001, (at - before.at) / 1000);
    const percent = (now: number, then: number) =>
      Math.round(Math.max(0, (1000 * (now - then)) / seconds)) / 10;
    const known = uses.flatMap(({ index, cpuSeconds }): [number, number][] =>
      cpuSeconds === null ? [] : [[index, cpuSeconds]],
    );
    this.#used = { at, own, threads: new Map(known) };
    const threads = uses.map(({ index, on, pairs, cpuSeconds }) => {
      const then = before.threads.get(index);
      const isNew = cpuSeconds === null || then === undefined;
      return { index, on, pairs, cpu: isNew ? null : percent(cpuSeconds, then) };
    });
    return { own: before.own === 0 ? 0 : percent(own, before.own), threads };
  }

  async #crowd(): Promise<Crowd> {
    const { admin } = this.#source;
    const [streams, clients] = await Promise.all([admin.streams(), admin.clients()]);
    return { streams, clients, viewers: viewersOf(clients) };
  }
}

/** Counts the players of each stream by port. */
function viewersOf(clients: readonly ClientRow[]): Map<string, Record<string, number>> {
  const viewers = new Map<string, Record<string, number>>();
  for (const { role, stream, port } of clients) {
    if (role !== 'play') continue;
    const counts = viewers.get(stream) ?? {};
    counts[port] = (counts[port] ?? 0) + 1;
    viewers.set(stream, counts);
  }
  return viewers;
}

type Measured = 'rateIn' | 'rateOut' | 'own' | 'rss' | 'players';

function headOf(status: AdminStatus): Omit<BoxHead, Measured> {
  const { state, version, pid, uptimeSeconds, srs, relay, children, job, boxes } = status;
  const { streams, connections, heldPlayers, fullDisk } = status;
  return {
    ...{ state, version, pid, uptimeSeconds, relay, children, boxes },
    ...{ streams, connections, heldPlayers, fullDisk },
    srs: { kind: srs.kind, version: srs.version },
    job: job && { what: job.what, done: job.done, total: job.total, now: job.now },
  };
}

export function loadOf(row: ChildRow): MachineLoad['children'][number] {
  const { id, cpus, streams, clients } = row;
  const [cpu, bitrate] = [Math.round(10 * row.cpu) / 10, Math.round(row.bitrate)];
  return { id, state: conditionOf(row), cpus, cpu, streams, clients, bitrate };
}
