import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from './ports.js';
import { RedisServer } from './redis.js';
import { until } from './until.js';

const run = promisify(execFile);
const MASTERS = 3;

/** A Redis Cluster of three masters. */
export class RedisClusterSetup {
  readonly #servers: RedisServer[] = [];

  private constructor() {}

  /** Resolves when every node reports that all slots are served. */
  static async start(): Promise<RedisClusterSetup> {
    const setup = new RedisClusterSetup();
    try {
      for (let at = 0; at < MASTERS; at++) {
        // The default bus port is in the ephemeral range, where it may be taken.
        const bus = ['--cluster-port', `${await freePort()}`];
        const own = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
        setup.#servers.push(await RedisServer.start(...own, ...bus));
      }
      await run('redis-cli', ['--cluster', 'create', ...setup.#addresses(), '--cluster-yes']);
      await until('a cluster', () => setup.#isWhole());
      return setup;
    } catch (error) {
      await setup.dispose();
      throw error;
    }
  }

  get url(): string {
    return `redis+cluster://${this.#addresses().join()}`;
  }

  get nodes(): { host: string; port: number }[] {
    return this.#servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  }

  async dispose(): Promise<void> {
    for (const server of this.#servers) await server.dispose();
  }

  #addresses(): string[] {
    return this.nodes.map(({ host, port }) => `${host}:${port}`);
  }

  async #isWhole(): Promise<boolean> {
    const infos = this.#servers.map(({ port }) =>
      run('redis-cli', ['-p', `${port}`, 'cluster', 'info']),
    );
    return (await Promise.all(infos)).every(({ stdout }) => stdout.includes('cluster_state:ok'));
  }
}
