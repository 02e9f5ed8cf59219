import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.js';
import { guard } from './programs.js';
import { until } from './until.js';

/** Starts redis-server with these arguments; it ends with this process. */
export function spawnRedis(args: readonly string[]): ChildProcess {
  const [program = '', ...words] = [...guard('KILL'), 'redis-server', ...args];
  return spawn(program, words, { stdio: 'ignore' });
}

/** A real redis-server without persistence. */
export class RedisServer {
  readonly port: number;
  readonly #dir: string;
  readonly #args: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(port: number, dir: string, args: readonly string[]) {
    this.port = port;
    this.#dir = dir;
    this.#args = args;
  }

  static async start(...args: string[]): Promise<RedisServer> {
    const dir = await mkdtemp(join(tmpdir(), 'srs-supervisor-redis-'));
    const server = new RedisServer(await freePort(), dir, args);
    try {
      await server.start();
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it with an empty data set; also after `kill`. */
  async start(): Promise<void> {
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--dir', this.#dir];
    this.#process = spawnRedis([...own, ...this.#args]);
    await until('Redis answers', () => answers(this.port));
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (process === null || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({ port, lazyConnect: true, retryStrategy: null });
  let isGuarded = false;
  client.on('error', ({ message }: Error) => {
    isGuarded ||= message.includes('NOAUTH');
  });
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    return isGuarded;
  } finally {
    client.disconnect();
  }
}
