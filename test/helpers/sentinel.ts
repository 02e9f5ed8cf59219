import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.js';
import { RedisServer, spawnRedis } from './redis.js';
import { until } from './until.js';

const NAME = 'srs';
/** How long Sentinel looks on before it takes a master for down. */
const DOWN_AFTER_MS = 1000;
/** After twice as long a failover that did not come about is tried again: on a busy machine one may not. */
const FAILOVER_MS = 5000;

/** A master, its replica and a Sentinel that decides alone: real programs of the test's own. */
export class SentinelSetup {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #port: number;
  readonly #dir: string;
  readonly #sentinel: ChildProcess;

  private constructor(
    servers: { readonly master: RedisServer; readonly replica: RedisServer },
    sentinel: { readonly port: number; readonly dir: string; process: ChildProcess },
  ) {
    this.master = servers.master;
    this.replica = servers.replica;
    this.#port = sentinel.port;
    this.#dir = sentinel.dir;
    this.#sentinel = sentinel.process;
  }

  /** Resolves when the replica has the master's data, and the Sentinel knows. */
  static async start(): Promise<SentinelSetup> {
    const master = await RedisServer.start('--repl-diskless-sync-delay', '0');
    const copies = ['--replicaof', '127.0.0.1', `${master.port}`];
    const replica = await RedisServer.start(...copies);
    const dir = await mkdtemp(join(tmpdir(), 'srs-supervisor-sentinel-'));
    const port = await freePort();
    const file = join(dir, 'sentinel.conf');
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
    ];
    await writeFile(file, lines.join('\n'));
    const process = spawnRedis([file, '--sentinel']);
    const setup = new SentinelSetup({ master, replica }, { port, dir, process });
    try {
      await until('a Sentinel that knows the replica', () => setup.#knowsReplica());
      return setup;
    } catch (error) {
      await setup.dispose();
      throw error;
    }
  }

  get url(): string {
    return `redis+sentinel://127.0.0.1:${this.#port}/${NAME}`;
  }

  async dispose(): Promise<void> {
    const ended = once(this.#sentinel, 'exit');
    this.#sentinel.kill('SIGKILL');
    await ended;
    await this.master.dispose();
    await this.replica.dispose();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #knowsReplica(): Promise<boolean> {
    const client = new Redis({ port: this.#port, lazyConnect: true, retryStrategy: null });
    client.on('error', () => {});
    try {
      await client.connect();
      const replicas = (await client.call('SENTINEL', 'REPLICAS', NAME)) as string[][];
      // A replica that has not copied its master yet is none that Sentinel promotes.
      return replicas.some((fields) => fields[fields.indexOf('master-link-status') + 1] === 'ok');
    } catch {
      return false;
    } finally {
      client.disconnect();
    }
  }
}
