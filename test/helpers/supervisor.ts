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
  /** Command prefix that execs the program. */
  readonly behind?: readonly string[];
  /** Default: a free port. */
  readonly rtmpPort?: number;
  /** Ports to open besides RTMP's; default: none. */
  readonly ports?: Partial<Record<'http' | 'api' | 'rtc' | 'srt', number | string>>;
  /** Ports that the file of `args` names; `rtmpPort` is the one of RTMP there. */
  readonly inFile?: readonly string[];
  /** Kept after the supervisor's end, for another one; default: a new directory. */
  readonly workDir?: string;
  /** Default: this machine. */
  readonly machine?: Machine;
}

/** Milliseconds for an orderly stop before SIGKILL. */
const STOP_LIMIT_MS = 60_000;
/** Admin token, required if others can reach the admin port. */
const TOKEN = 'test-admin-token';
/** CPU percent above which a child is busier than with a stream or two. */
const CALM_CPU = 15;

/** Removes a work directory. Throws if a process of it was still running, after killing it. */
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

/** `srs-supervisor run` as a process that is ready. */
export class RunningSupervisor {
  readonly process: ChildProcess;
  /** Host of its ports. */
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

  /** Resolves when every child is ready. Cleans up on failure. */
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
    const { inFile = [] } = options;
    const portOf = (name: string, value: string | number) =>
      inFile.includes(name) ? [] : [`--${name}`, `${value}`];
    const listen = [...portOf('rtmp', rtmp), '--admin', `${host ?? '127.0.0.1'}:${admin}`];
    const others = (['http', 'api', 'rtc', 'srt'] as const).flatMap((name) =>
      portOf(name, options.ports?.[name] ?? 'off'),
    );
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

  /** Starts without flags, file or variables of ours, as a user of the Go proxy would. */
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

  /** All its output. */
  get output(): string {
    return this.#output;
  }

  /** Lines on stderr that are not log lines. */
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

  get<T>(path: string): Promise<T> {
    return this.#ask('GET', path);
  }

  /** Posts JSON to the admin port; returns the JSON. */
  post<T>(path: string, body?: object): Promise<T> {
    return this.#ask('POST', path, body);
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

  /** Returns the living claim of `app/stream` on the default vhost, once there is one. */
  ownerOf(stream: string, published = true): Promise<StreamStatus> {
    const what = () => `an owner of ${stream}\n${this.output}`;
    return until(what, async () =>
      (await this.streams()).find(
        (row) => row.stream === `__defaultVhost__/${stream}` && (row.publishing || !published),
      ),
    );
  }

  /** Resolves when no child is busy with its start, which placement would count as load. */
  async calm(): Promise<void> {
    await until('calm children', async () =>
      (await this.children()).every(({ cpu, rss }) => rss > 0 && cpu < CALM_CPU),
    );
  }

  /** Returns the exit code or signal, once the process has ended and its output is complete. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#closed;
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** Sends a signal and returns how the process ended; kills it if it does not end in time. */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    if (!this.hasExited) this.process.kill(name);
    const force = setTimeout(() => this.process.kill('SIGKILL'), STOP_LIMIT_MS);
    const end = await this.ended();
    clearTimeout(force);
    return end;
  }

  /** Stops it, and removes its work directory. */
  async dispose(): Promise<void> {
    await this.stop();
    await clearWorkDir(this.workDir);
  }

  async #ask<T>(method: string, path: string, json?: object): Promise<T> {
    // A kept connection would count as a descriptor of the supervisor.
    const headers = { connection: 'close', authorization: `Bearer ${TOKEN}` };
    const url = `http://${this.host}:${this.adminPort}/admin/v1/${path}`;
    const body = json === undefined ? null : JSON.stringify(json);
    return (await (await fetch(url, { method, headers, body })).json()) as T;
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
