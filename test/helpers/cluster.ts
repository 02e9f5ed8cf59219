import type { AdminStatus } from '../../src/admin/types.js';
import type { StreamStatus } from '../../src/placement/types.js';
import type { Cast } from './cast.js';
import type { Machine } from './machine.js';
import type { Ffmpeg } from './media.js';
import { freePort } from './ports.js';
import { RedisServer } from './redis.js';
import { RunningSupervisor, type RunOptions } from './supervisor.js';
import { until } from './until.js';

const SECRET = 'the-secret-of-all-test-boxes';

export interface ClusterOptions extends Pick<RunOptions, 'origin' | 'children' | 'args' | 'env'> {
  readonly boxes?: number;
  /** A machine per box; default: all boxes share this one. */
  readonly machines?: readonly Machine[];
  /** Arguments of redis-server. */
  readonly redis?: readonly string[];
  /** Returns the registry address for the boxes; default: that of Redis itself. */
  readonly registry?: (server: RedisServer) => Promise<string>;
}

interface BoxOptions extends RunOptions {
  readonly registry: string;
  /** Host at which the others reach it. */
  readonly host: string;
}

/** One box of a cluster: a supervisor with its own address. */
export interface ClusterBox {
  readonly supervisor: RunningSupervisor;
  readonly host: string;
  readonly http: number;
  readonly api: number;
  readonly rtc: number;
  readonly srt: number;
}

/** Several supervisors that share one real Redis, as several machines would. */
export class Cluster {
  readonly redis: RedisServer;
  readonly boxes: readonly ClusterBox[];

  private constructor(redis: RedisServer, boxes: readonly ClusterBox[]) {
    this.redis = redis;
    this.boxes = boxes;
  }

  /** Resolves when every box knows all others. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const redis = await RedisServer.start(...(options.redis ?? []));
    const boxes: ClusterBox[] = [];
    const cluster = new Cluster(redis, boxes);
    try {
      for (let at = 0; at < (options.boxes ?? 2); at++) {
        const machine = options.machines?.[at];
        const host = machine?.ip ?? `127.0.0.${at + 2}`;
        const registry = (await options.registry?.(redis)) ?? redis.url;
        boxes.push(await startBox({ ...options, registry, host, ...(machine && { machine }) }));
      }
      await cluster.settled(boxes.length);
      return cluster;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  get a(): ClusterBox {
    return this.#box(0);
  }

  get b(): ClusterBox {
    return this.#box(1);
  }

  get c(): ClusterBox {
    return this.#box(2);
  }

  /** Resolves when each living box sees so many boxes. */
  async settled(count: number): Promise<void> {
    const living = this.boxes.filter(({ supervisor }) => !supervisor.hasExited);
    await until(`${count} boxes that know each other`, async () => {
      const statuses = living.map(({ supervisor }) => supervisor.get<AdminStatus>('status'));
      return (await Promise.all(statuses)).every(({ boxes }) => boxes.length === count);
    });
  }

  async dispose(): Promise<void> {
    for (const { supervisor } of this.boxes) await supervisor.dispose();
    await this.redis.dispose();
  }

  #box(at: number): ClusterBox {
    const box = this.boxes[at];
    if (box === undefined) throw new Error(`no box ${at}`);
    return box;
  }
}

/** Returns a stream's row on a box, or null. */
export async function streamOn(box: ClusterBox, name: string): Promise<StreamStatus | null> {
  const rows = await box.supervisor.streams();
  return rows.find(({ stream }) => stream === `__defaultVhost__/${name}`) ?? null;
}

/** Publishes, retrying as encoders do; resolves when the box owns the stream. */
export function publishOn(cast: Cast, box: ClusterBox, stream: string): Promise<Ffmpeg> {
  const isOwn = async () => {
    const row = await streamOn(box, stream);
    return row?.publishing && row.box === undefined;
  };
  return until(`${stream} is published`, async () => {
    const publisher = cast.publish(box.supervisor.url(stream));
    const owned = until('an owner', isOwn).then(() => publisher);
    return Promise.race([owned, publisher.ended.then(() => null)]);
  });
}

/** Returns a URL of the box's HTTP port. */
export function httpUrl({ http, supervisor }: ClusterBox, path: string): string {
  return `http://${supervisor.host}:${http}/${path}`;
}

/** Returns the URL of the box's API, WHIP and WHEP. */
export function apiUrl({ host, api }: ClusterBox): string {
  return `http://${host}:${api}`;
}

/** Starts one box with its registry; called by `Cluster.start`. */
async function startBox({
  registry,
  host,
  env: more,
  ...options
}: BoxOptions): Promise<ClusterBox> {
  const [http, api, peer] = [await freePort(), await freePort(), await freePort()];
  const [rtc, srt] = [await freePort(), await freePort()];
  const env = {
    SRS_SUPERVISOR_REGISTRY: registry,
    SRS_SUPERVISOR_CLUSTER_ADDRESS: host,
    SRS_SUPERVISOR_CLUSTER_SECRET: SECRET,
    SRS_SUPERVISOR_LISTEN_PEER: `${host}:${peer}`,
    SRS_SUPERVISOR_LOG_LEVEL: 'debug',
    ...more,
  };
  // Responses must come from the address to which datagrams were sent.
  const ports = { http, api, rtc: `${host}:${rtc}`, srt: `${host}:${srt}` };
  const supervisor = await RunningSupervisor.start({ ...options, env, ports });
  return { supervisor, host, http, api, rtc, srt };
}
