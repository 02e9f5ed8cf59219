import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.js';
import { until } from './until.js';

/** A real redis-server of the test's own, in memory only. */
export class RedisServer {
  readonly port: number;
  readonly #dir: string;
  readonly #args: readonly string[];
  #process: ReturnType<typeof spawn> | null = null;

  private constructor(port: number, dir: string, args: readonly string[]) {
    this.port = port;
    this.#dir = dir;
    this.#args = args;
  }

  static async start(...args: string[]): Promise<RedisServer> {
    const dir = await mkdtemp(join(tmpdir(), 'srs-supervisor-redis-'));
    const server = new RedisServer(await freePort(), dir, args);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it, empty; also after `kill`. */
  async start(): Promise<void> {
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--dir', this.#dir];
    this.#process = spawn('redis-server', [...own, ...this.#args], { stdio: 'ignore' });
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
  client.on('error', () => {});
  try {
    await client.connect();
    await client.ping().catch((error: Error) => {
      if (!error.message.startsWith('NOAUTH')) throw error;
    });
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
