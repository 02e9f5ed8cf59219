import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdminStatus, ChildRow } from '../../src/admin/types.js';
import { signal } from '../../src/child/process.js';
import type { ConnectionRow } from '../../src/listener/listener.js';
import type { StreamStatus } from '../../src/placement/types.js';
import type { Machine } from './machine.js';
import { BIN, ROOT } from './paths.js';
import { CHILD_PORT_BASE, freePort } from './ports.js';
import { processesWith } from './processes.js';
import { guard } from './programs.js';
import { until } from './until.js';

export interface RunOptions {
  readonly origin: string;
  readonly children: number;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A command that turns itself into the one behind it. */
  readonly behind?: readonly string[];
  /** Default: a free one. */
  readonly rtmpPort?: number;
  /** Ports besides RTMP's that shall be open; default: none is. */
  readonly ports?: Partial<Record<'http' | 'api' | 'rtc' | 'srt', number | string>>;
  /** Kept when the supervisor has gone, for another one to start in; default: a fresh one. */
  readonly workDir?: string;
  /** Default: this one. */
  readonly machine?: Machine;
}

/** What an asked stop may take before the process is killed. */
const STOP_LIMIT_MS = 60_000;
/** The admin port asks for it where others could reach that port. */
const TOKEN = 'test-admin-token';
/** A child above this is taken as busier than one that carries a stream or two. */
const CALM_CPU = 15;

/** Removes a work directory. Throws where a process of it still ran, which does not any more. */
export async function clearWorkDir(path: string): Promise<void> {
  const left = await processesWith(path);
  for (const { pid } of left) signal(pid, 'SIGKILL');
  await rm(path, { recursive: true, force: true });
  assert.deepEqual(left, []);
}

function start(
  args: readonly string[],
  { cwd, env, behind = [] }: Pick<RunOptions, 'env' | 'behind'> & { readonly cwd: string },
): ChildProcess {
  const [program = '', ...words] = [...guard('TERM'), ...behind, process.execPath, BIN, ...args];
  return spawn(program, words, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** `srs-supervisor run` as a process of its own, ready to serve. */
export class RunningSupervisor {
  readonly process: ChildProcess;
  /** Where its ports are. */
  readonly host: string;
  readonly rtmpPort: number;
  readonly adminPort: number;
  readonly workDir: string;
  readonly #closed: Promise<unknown>;
  #errors = '';
  #output = '';

  private constructor(
    process: ChildProcess,
    ports: { readonly rtmp: number; readonly admin: number; readonly host?: string | undefined },
    workDir: string,
  ) {
    this.process = process;
    this.host = ports.host ?? '127.0.0.1';
    this.rtmpPort = ports.rtmp;
    this.adminPort = ports.admin;
    this.workDir = workDir;
    this.#closed = once(process, 'close');
    process.stdout?.on('data', (text: Buffer) => {
      this.#output += text;
    });
    process.stderr?.on('data', (text: Buffer) => {
      this.#errors += text;
      this.#output += text;
    });
  }

  /** Resolves when every child is ready; leaves nothing behind when that does not come about. */
  static async start(options: RunOptions): Promise<RunningSupervisor> {
    const supervisor = await RunningSupervisor.launch(options);
    try {
      await supervisor.ready(options.children);
      return supervisor;
    } catch (error) {
      await supervisor.stop();
      if (options.workDir === undefined) await supervisor.dispose();
      throw error;
    }
  }

  /** Resolves when the process runs, ready or not. */
  static async launch(options: RunOptions): Promise<RunningSupervisor> {
    const [rtmp, admin] = [options.rtmpPort ?? (await freePort()), await freePort()];
    const workDir = options.workDir ?? (await mkdtemp(join(tmpdir(), 'srs-supervisor-e2e-')));
    const { machine } = options;
    const host = machine?.ip;
    const listen = ['--rtmp', String(rtmp), '--admin', `${host ?? '127.0.0.1'}:${admin}`];
    const others = (['http', 'api', 'rtc', 'srt'] as const).flatMap((name) => [
      `--${name}`,
      `${options.ports?.[name] ?? 'off'}`,
    ]);
    const size = ['--children', String(options.children), '--srs', options.origin];
    const args = [
      'run',
      ...listen,
      ...others,
      ...size,
      '--workdir',
      workDir,
      ...(options.args ?? []),
    ];
    const own = {
      SRS_SUPERVISOR_CHILDREN_PORT_BASE: `${CHILD_PORT_BASE}`,
      ...(machine === undefined ? {} : { SRS_SUPERVISOR_ADMIN_TOKEN: TOKEN }),
    };
    const env = { ...own, ...options.env };
    const behind = [...(options.behind ?? []), ...(machine?.enter ?? [])];
    const child = start(args, { cwd: ROOT, env, behind });
    return new RunningSupervisor(child, { rtmp, admin, host }, workDir);
  }

  /** With no flags, no file and none of our variables: as who comes from the Go proxy starts it. */
  static async startAsGoProxy(
    ports: { readonly http: number; readonly api: number; readonly rtc: number; srt: number },
    env: NodeJS.ProcessEnv = {},
  ): Promise<RunningSupervisor> {
    const [rtmp, admin] = [await freePort(), await freePort()];
    const workDir = await mkdtemp(join(tmpdir(), 'srs-supervisor-e2e-'));
    const names = {
      PROXY_RTMP_SERVER: `${rtmp}`,
      PROXY_HTTP_SERVER: `${ports.http}`,
      PROXY_HTTP_API: `${ports.api}`,
      PROXY_WEBRTC_SERVER: `${ports.rtc}`,
      PROXY_SRT_SERVER: `${ports.srt}`,
      PROXY_SYSTEM_API: `${admin}`,
      PROXY_LOAD_BALANCER_TYPE: 'memory',
    };
    const child = start(['run'], { cwd: workDir, env: { ...names, ...env } });
    const supervisor = new RunningSupervisor(child, { rtmp, admin }, workDir);
    await supervisor.ready(env.PROXY_DEFAULT_BACKEND_ENABLED === 'on' ? 1 : 0);
    return supervisor;
  }

  /** All that it wrote. */
  get output(): string {
    return this.#output;
  }

  /** What it wrote to stderr, without the lines of its log. */
  get errorLines(): string[] {
    return this.#errors.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get hasExited(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  url(stream: string): string {
    return `rtmp://${this.host}:${this.rtmpPort}/${stream}`;
  }

  async get<T>(path: string): Promise<T> {
    // A connection kept alive would count as a descriptor of the supervisor.
    const headers = { connection: 'close', authorization: `Bearer ${TOKEN}` };
    const url = `http://${this.host}:${this.adminPort}/admin/v1/${path}`;
    return (await (await fetch(url, { headers })).json()) as T;
  }

  children(): Promise<ChildRow[]> {
    return this.get('children');
  }

  async child(id: string): Promise<ChildRow> {
    const child = (await this.children()).find((row) => row.id === id);
    if (child === undefined) throw new Error(`no child ${id}`);
    return child;
  }

  streams(): Promise<StreamStatus[]> {
    return this.get('streams');
  }

  connections(): Promise<ConnectionRow[]> {
    return this.get('connections');
  }

  /** The living claim of `app/stream` on the default vhost, once there is one. */
  ownerOf(stream: string, published = true): Promise<StreamStatus> {
    const what = () => `an owner of ${stream}\n${this.output}`;
    return until(what, async () =>
      (await this.streams()).find(
        (row) => row.stream === `__defaultVhost__/${stream}` && (row.publishing || !published),
      ),
    );
  }

  /** Resolves when no child is busy any more with its own start, which placement would go by. */
  async calm(): Promise<void> {
    await until('calm children', async () =>
      (await this.children()).every(({ cpu, rss }) => rss > 0 && cpu < CALM_CPU),
    );
  }

  /** The exit code, or the signal that ended it, once it has ended of itself and said all. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#closed;
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** Sends a signal and answers how the process ended; kills it when it does not obey. */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    if (!this.hasExited) this.process.kill(name);
    const force = setTimeout(() => this.process.kill('SIGKILL'), STOP_LIMIT_MS);
    const end = await this.ended();
    clearTimeout(force);
    return end;
  }

  /** Ends it, and removes its work directory. */
  async dispose(): Promise<void> {
    await this.stop();
    await clearWorkDir(this.workDir);
  }

  /** Resolves when it serves with so many children. */
  async ready(children: number): Promise<void> {
    const what = () => `${children} ready children\n${this.output}`;
    await until(what, async () => {
      if (this.hasExited) throw new Error(`the supervisor ended:\n${this.output}`);
      const status = await this.get<AdminStatus>('status').catch(() => null);
      return status?.state === 'ready' && status.children.ready === children;
    });
  }
}
