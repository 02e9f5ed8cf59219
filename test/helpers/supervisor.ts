import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildRow, ConnectionRow } from '../../src/admin/types.js';
import type { StreamStatus } from '../../src/placement/types.js';
import { BIN, ROOT } from './paths.js';
import { until } from './until.js';

/** A TCP port of 127.0.0.1 that nobody has right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface RunOptions {
  readonly origin: string;
  readonly children: number;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Kept when the supervisor has gone, for another one to start in; default: a fresh one. */
  readonly workDir?: string;
}

/** Ports of children: far from the default, and another range for each process of the test run. */
function portBase(): number {
  return 40_000 + (process.pid % 100) * 200;
}

/** `srs-supervisor run` as a process of its own, ready to serve. */
export class RunningSupervisor {
  readonly process: ChildProcess;
  readonly rtmpPort: number;
  readonly adminPort: number;
  readonly workDir: string;
  #output = '';

  private constructor(process: ChildProcess, rtmpPort: number, adminPort: number, workDir: string) {
    this.process = process;
    this.rtmpPort = rtmpPort;
    this.adminPort = adminPort;
    this.workDir = workDir;
    const collect = (text: Buffer) => {
      this.#output += text;
    };
    process.stdout?.on('data', collect);
    process.stderr?.on('data', collect);
  }

  /** Resolves when every child is ready. */
  static async start(options: RunOptions): Promise<RunningSupervisor> {
    const supervisor = await RunningSupervisor.launch(options);
    await until(`${options.children} ready children\n${supervisor.output}`, async () => {
      if (supervisor.hasExited) throw new Error(`the supervisor ended:\n${supervisor.output}`);
      const status = await supervisor.get<{ state: string }>('status').catch(() => null);
      return status?.state === 'ready';
    });
    return supervisor;
  }

  /** Resolves when the process runs, ready or not. */
  static async launch(options: RunOptions): Promise<RunningSupervisor> {
    const [rtmp, admin] = [await freePort(), await freePort()];
    const workDir = options.workDir ?? (await mkdtemp(join(tmpdir(), 'srs-supervisor-e2e-')));
    const listen = ['--rtmp', String(rtmp), '--admin', `127.0.0.1:${admin}`];
    const size = ['--children', String(options.children), '--srs', options.origin];
    const args = ['run', ...listen, ...size, '--workdir', workDir, ...(options.args ?? [])];
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: ROOT,
      env: { ...process.env, SRS_SUPERVISOR_CHILDREN_PORT_BASE: `${portBase()}`, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningSupervisor(child, rtmp, admin, workDir);
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.rtmpPort}/${stream}`;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.adminPort}/admin/v1/${path}`);
    return (await response.json()) as T;
  }

  children(): Promise<ChildRow[]> {
    return this.get('children');
  }

  streams(): Promise<StreamStatus[]> {
    return this.get('streams');
  }

  connections(): Promise<ConnectionRow[]> {
    return this.get('connections');
  }

  /** The living claim of `vhost/app/stream` on the default vhost, once there is one. */
  ownerOf(stream: string, published = true): Promise<StreamStatus> {
    return until(`an owner of ${stream}\n${this.output}`, async () =>
      (await this.streams()).find(
        (row) => row.stream === `__defaultVhost__/${stream}` && (row.publishing || !published),
      ),
    );
  }

  /** Sends a signal and answers how the process ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    if (!this.hasExited) {
      const exited = once(this.process, 'exit');
      this.process.kill(signal);
      await exited;
    }
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** Ends it, and removes its work directory. */
  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.workDir, { recursive: true, force: true });
  }
}
