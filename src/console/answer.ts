/**
 * Plain types of the console's answers, for the supervisor and for the page in the browser. This
 * file imports nothing, because the page has neither Node nor its types.
 */

/** Lists that the console shows by windows of rows. */
export type ListName = 'children' | 'streams' | 'clients';

/** Answer of `GET /admin/v1/console`; parts that were not asked for are absent. */
export interface ConsoleAnswer {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Differs between runs of the supervisor. */
  readonly run: string;
  readonly box: BoxHead;
  readonly samples: BoxSamples;
  /** Asked for once: the machine does not change. */
  readonly shape?: MachineShape;
  readonly load?: MachineLoad;
  readonly rows?: Rows;
  /** Null: it is not there. */
  readonly child?: ChildDetail | null;
  readonly stream?: StreamDetail | null;
  readonly ports?: readonly PortLine[];
}

/** The box in a few figures. */
export interface BoxHead {
  readonly state: string;
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly srs: { readonly kind: string; readonly version: string };
  readonly relay: { readonly engine: string; readonly threads: number };
  readonly children: {
    readonly total: number;
    readonly ready: number;
    readonly notes: readonly Note[];
  };
  readonly job: Job | null;
  readonly streams: number;
  readonly connections: number;
  readonly heldPlayers: number;
  /** Bits per second from clients and to clients. */
  readonly rateIn: number;
  readonly rateOut: number;
  /** CPU of the supervisor in percent of one core, its relay threads included. */
  readonly own: number;
  /** Resident memory of the supervisor in bytes. */
  readonly rss: number;
  readonly fullDisk: { readonly free: number; readonly total: number } | null;
  readonly boxes: readonly BoxLine[];
  /** Where the player pages are; null: no HTTP port is open. */
  readonly players: { readonly scheme: 'http' | 'https'; readonly port: number } | null;
}

/** A child that is not simply ready. */
interface Note {
  readonly id: string;
  readonly state: string;
  readonly since: number;
  readonly why: string | null;
}

/** The job at work on children. */
interface Job {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  /** Present activity, one text for each child in work. */
  readonly now: readonly string[];
}

/** A box of the cluster. */
export interface BoxLine {
  readonly id: string;
  readonly host: string;
  readonly own: boolean;
  /** Null: that box is of an older version, or has just begun. */
  readonly load: BoxLineLoad | null;
}

interface BoxLineLoad {
  readonly state: string;
  readonly version: string;
  /** Its start, in milliseconds since 1970. */
  readonly since: number;
  readonly children: number;
  readonly ready: number;
  readonly streams: number;
  readonly connections: number;
  /** Bits per second. */
  readonly bitrateIn: number;
  readonly bitrateOut: number;
  /** Percent of one core, on average over its children. */
  readonly cpu: number;
}

/** Samples of the box that the page does not have yet, oldest first. */
export interface BoxSamples {
  readonly last: number;
  readonly at: readonly number[];
  readonly of: Readonly<Record<string, readonly number[]>>;
}

/** The CPUs in groups, from the outside in. */
export interface MachineShape {
  readonly packages: readonly PackageShape[];
  /** CPUs that the children do not get. */
  readonly reserved: readonly number[];
}

interface PackageShape {
  readonly name: string;
  readonly nodes: readonly NodeShape[];
}

interface NodeShape {
  /** Null: the kernel tells of no nodes. */
  readonly name: string | null;
  readonly caches: readonly CacheShape[];
}

export interface CacheShape {
  /** Null: the kernel tells of no L3 caches. */
  readonly name: string | null;
  /** Each core as its hardware threads. */
  readonly cores: readonly (readonly number[])[];
}

/** Children and relay threads, with their present loads. */
export interface MachineLoad {
  readonly children: readonly ChildLoad[];
  readonly threads: readonly ThreadLoad[];
}

export interface ChildLoad {
  readonly id: string;
  readonly state: string;
  /** Empty: it is not pinned, or runs on another machine. */
  readonly cpus: readonly number[];
  readonly cpu: number;
  readonly streams: number;
  readonly clients: number;
  readonly bitrate: number;
}

/** A relay thread. */
export interface ThreadLoad {
  readonly index: number;
  /** Null: it is not bound to one CPU. */
  readonly on: number | null;
  /** Percent of one core; null: not known. */
  readonly cpu: number | null;
  readonly pairs: number;
}

/** A window of a list. */
export interface Rows {
  readonly list: ListName;
  /** Rows that fit the filter. */
  readonly total: number;
  /** Index of the first row of the window. */
  readonly offset: number;
  readonly children?: readonly ChildLine[];
  readonly streams?: readonly StreamLine[];
  readonly clients?: readonly ClientLine[];
}

export interface ChildLine extends ChildLoad {
  readonly why: string | null;
  readonly managed: boolean;
  readonly pid: number | null;
  readonly rss: number;
  readonly restarts: number;
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
  /** CPU in percent over the last minutes. */
  readonly spark: readonly (number | null)[];
}

export interface StreamLine {
  readonly stream: string;
  readonly child: string;
  /** Absent: this box. */
  readonly box?: string;
  readonly publishing: boolean;
  readonly publisher: string | null;
  readonly bitrate: number | null;
  readonly clients: number;
  /** Players by the port that they came to. */
  readonly viewers: Readonly<Record<string, number>>;
  readonly since: number;
  /** Bitrate over the last minutes. */
  readonly spark: readonly (number | null)[];
}

export interface ClientLine {
  readonly id: string;
  readonly client: string;
  readonly port: string;
  readonly role: string;
  readonly stream: string;
  readonly child: string | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly since: number;
}

/** Figures of one thing over the last hour, the newest last. */
export interface ThingSeries {
  readonly seconds: number;
  readonly a: readonly (number | null)[];
  readonly b: readonly (number | null)[];
}

export interface ChildDetail {
  readonly row: ChildLine;
  readonly series: ThingSeries;
}

export interface StreamDetail {
  readonly row: StreamLine;
  readonly series: ThingSeries;
}

/** A port of the box, and how its clients fared since the start. */
export interface PortLine {
  readonly name: string;
  readonly transport: string;
  readonly address: string;
  readonly accepted: number | null;
  readonly refused: number | null;
  readonly failed: Readonly<Record<string, number>>;
}
