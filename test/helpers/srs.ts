import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.js';

/** Path of the real SRS; tests that need it are skipped without it. */
export const SRS_BINARY = process.env.SRS_BIN ?? '/usr/local/srs/objs/srs';
export const NO_SRS = existsSync(SRS_BINARY) ? false : `no SRS at ${SRS_BINARY}`;

export interface SrsStream {
  readonly name: string;
  readonly app: string;
  readonly vhost: string;
  readonly publish: { readonly active: boolean };
}

/** An SRS of the test, on free ports of 127.0.0.1. */
export class Srs {
  readonly rtmp: number;
  readonly api: number;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(rtmp: number, api: number, directory: string) {
    this.rtmp = rtmp;
    this.api = api;
    this.#directory = directory;
    this.#process = spawn(SRS_BINARY, ['-c', join(directory, 'srs.conf')], {
      cwd: directory,
      env: {},
      stdio: 'ignore',
    });
  }

  /** Starts SRS with these vhosts, all with the same body, and waits until it answers. */
  static async start(
    vhosts: readonly string[] = ['__defaultVhost__'],
    port = 0,
    body = '',
  ): Promise<Srs> {
    const rtmp = port || (await freePort());
    const api = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'srs-test-'));
    await writeFile(join(directory, 'srs.conf'), config(rtmp, api, vhosts, body));
    const srs = new Srs(rtmp, api, directory);
    await until('SRS answers', () =>
      srs.#get('versions').then(
        () => true,
        () => false,
      ),
    );
    return srs;
  }

  /** Returns its API's list of streams. */
  async streams(): Promise<SrsStream[]> {
    const { streams } = await this.#get<{ streams: SrsStream[] }>('streams?count=1000');
    const { vhosts } = await this.#get<{ vhosts: { id: string; name: string }[] }>('vhosts');
    const names = new Map(vhosts.map(({ id, name }) => [id, name]));
    return streams.map((stream) => ({ ...stream, vhost: names.get(stream.vhost) ?? '?' }));
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await exited;
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.api}/api/v1/${path}`);
    return (await response.json()) as T;
  }
}

function config(rtmp: number, api: number, vhosts: readonly string[], body: string): string {
  return [
    `listen 127.0.0.1:${rtmp}; daemon off; srs_log_tank console; max_connections 100; pid srs.pid;`,
    `http_api { enabled on; listen 127.0.0.1:${api}; }`,
    ...vhosts.map((vhost) => `vhost ${vhost} { ${body} }`),
  ].join('\n');
}

/** Returns a free port of 127.0.0.1. The kernel assigns others before it repeats one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
