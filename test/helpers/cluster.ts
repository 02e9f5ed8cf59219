import type { AdminStatus } from '../../src/admin/types.js';
import type { StreamStatus } from '../../src/placement/types.js';
import { freePort } from './ports.js';
import { RedisServer } from './redis.js';
import { RunningSupervisor, type RunOptions } from './supervisor.js';
import { until } from './until.js';

const SECRET = 'the-secret-of-all-test-boxes';

export interface ClusterOptions extends Pick<RunOptions, 'origin' | 'children' | 'args' | 'env'> {
  readonly boxes?: number;
  /** Where the boxes find Redis; default: at its own address. */
  readonly registry?: (server: RedisServer) => Promise<string>;
}

/** One box of a cluster: a supervisor with an address of its own. */
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
    const redis = await RedisServer.start();
    const boxes: ClusterBox[] = [];
    const cluster = new Cluster(redis, boxes);
    try {
      for (let at = 0; at < (options.boxes ?? 2); at++) {
        boxes.push(await startBox(options, redis, `127.0.0.${at + 2}`));
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

  /** Resolves when each living box sees so many. */
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

/** What a box knows of a stream, or nothing. */
export async function streamOn(box: ClusterBox, name: string): Promise<StreamStatus | null> {
  const rows = await box.supervisor.streams();
  return rows.find(({ stream }) => stream === `__defaultVhost__/${name}`) ?? null;
}

/** Where a box is played from by HTTP. */
export function httpUrl({ http }: ClusterBox, path: string): string {
  return `http://127.0.0.1:${http}/${path}`;
}

async function startBox(
  options: ClusterOptions,
  redis: RedisServer,
  host: string,
): Promise<ClusterBox> {
  const [http, api, peer] = [await freePort(), await freePort(), await freePort()];
  const [rtc, srt] = [await freePort(), await freePort()];
  const env = {
    SRS_SUPERVISOR_REGISTRY: (await options.registry?.(redis)) ?? redis.url,
    SRS_SUPERVISOR_CLUSTER_ADDRESS: host,
    SRS_SUPERVISOR_CLUSTER_SECRET: SECRET,
    SRS_SUPERVISOR_LISTEN_PEER: `${host}:${peer}`,
    SRS_SUPERVISOR_LOG_LEVEL: 'debug',
    ...options.env,
  };
  const { origin, children, args = [] } = options;
  // Datagrams have to come back from the address that they were sent to.
  const ports = { http, api, rtc: `${host}:${rtc}`, srt: `${host}:${srt}` };
  const supervisor = await RunningSupervisor.start({ origin, children, args, env, ports });
  return { supervisor, host, http, api, rtc, srt };
}
