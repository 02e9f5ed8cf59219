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
/** Milliseconds of silence until Sentinel takes a master for down. */
const DOWN_AFTER_MS = 1000;
/** Milliseconds of a failover; twice as long after a failed one it is tried again. */
const FAILOVER_MS = 5000;

export interface SentinelOptions {
  /** Number of Sentinels; a majority decides. Default: one. */
  readonly sentinels?: number;
  /** Password of master and replica. */
  readonly password?: string;
  /** Additional lines of each Sentinel's config. */
  readonly lines?: readonly string[];
  /** Login at the Sentinels. */
  readonly login?: { readonly username?: string; readonly password: string };
}

interface SentinelProcess {
  readonly port: number;
  readonly process: ChildProcess;
}

/** A master, its replica and Sentinels, as real programs. */
export class SentinelSetup {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #options: SentinelOptions;
  readonly #dir: string;
  readonly #sentinels: SentinelProcess[] = [];

  private constructor(
    servers: { readonly master: RedisServer; readonly replica: RedisServer },
    options: SentinelOptions,
    dir: string,
  ) {
    this.master = servers.master;
    this.replica = servers.replica;
    this.#options = options;
    this.#dir = dir;
  }

  /** Resolves when the replica has copied the master, and every Sentinel knows all others. */
  static async start(options: SentinelOptions = {}): Promise<SentinelSetup> {
    const { password, sentinels = 1 } = options;
    const own = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
    const master = await RedisServer.start('--repl-diskless-sync-delay', '0', ...own);
    const copies = ['--replicaof', '127.0.0.1', `${master.port}`];
    const replica = await RedisServer.start(...copies, ...own);
    const dir = await mkdtemp(join(tmpdir(), 'srs-supervisor-sentinel-'));
    const setup = new SentinelSetup({ master, replica }, options, dir);
    try {
      for (let at = 0; at < sentinels; at++) await setup.#addSentinel();
      await until('Sentinels that know all', () => setup.#knowAll());
      return setup;
    } catch (error) {
      await setup.dispose();
      throw error;
    }
  }

  /** The address without a password. */
  get url(): string {
    return this.urlWith('');
  }

  /** `login` as in a URL, with its `@`. */
  urlWith(login: string): string {
    const hosts = this.#sentinels.map(({ port }) => `127.0.0.1:${port}`);
    return `redis+sentinel://${login}${hosts.join()}/${NAME}`;
  }

  /** Triggers a failover, as an operator does; resolves when a Sentinel has accepted it. */
  async failOver(): Promise<void> {
    await until('a failover', async () => {
      const answer = await this.#ask(0, 'SENTINEL', 'FAILOVER', NAME).catch(() => null);
      return answer === 'OK';
    });
  }

  /** Returns the port of the server that the Sentinels call the master. */
  async masterPort(): Promise<number> {
    const answer = await this.#ask(0, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
    return Number((answer as string[])[1]);
  }

  async dispose(): Promise<void> {
    for (const { process } of this.#sentinels) {
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
    await this.master.dispose();
    await this.replica.dispose();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #addSentinel(): Promise<void> {
    const { password, sentinels = 1, lines = [] } = this.#options;
    const port = await freePort();
    const file = join(this.#dir, `${port}.conf`);
    const quorum = Math.floor(sentinels / 2) + 1;
    const text = [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor ${NAME} 127.0.0.1 ${this.master.port} ${quorum}`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
      ...lines,
    ];
    await writeFile(file, text.join('\n'));
    this.#sentinels.push({ port, process: spawnRedis([file, '--sentinel']) });
  }

  /** Sentinel promotes no replica that has not copied its master. */
  async #knowAll(): Promise<boolean> {
    const known = this.#sentinels.map(async (_, at) => {
      const replicas = (await this.#ask(at, 'SENTINEL', 'REPLICAS', NAME)) as string[][];
      const others = (await this.#ask(at, 'SENTINEL', 'SENTINELS', NAME)) as unknown[];
      const isCopied = replicas.some((one) => one[one.indexOf('master-link-status') + 1] === 'ok');
      return isCopied && others.length === this.#sentinels.length - 1;
    });
    return (await Promise.all(known.map((one) => one.catch(() => false)))).every(Boolean);
  }

  async #ask(at: number, command: string, ...args: string[]): Promise<unknown> {
    const port = this.#sentinels[at]?.port ?? 0;
    const own = { enableReadyCheck: false, lazyConnect: true, retryStrategy: null };
    const client = new Redis({ port, ...own, ...this.#options.login });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.call(command, ...args);
    } finally {
      client.disconnect();
    }
  }
}
