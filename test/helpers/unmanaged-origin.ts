import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Origin } from './origins.js';
import { freePort } from './ports.js';

export interface UnmanagedOptions {
  readonly origin: Origin;
  /** Target of its heartbeat: our admin port. */
  readonly adminPort: number;
  /** Prefix of its TCP listens: `127.0.0.1:`, or '' for all addresses. */
  readonly listen: string;
}

/** Ends the origins with the test process. */
const GUARD = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];

/** An SRS started by a user, with a heartbeat. */
export class UnmanagedOrigin {
  readonly #folder: string;
  readonly #command: readonly string[];
  /** Ports of all its lives. */
  readonly ports: { readonly rtmp: number; readonly http: number; readonly api: number };
  #process: ChildProcess | null = null;

  private constructor(folder: string, command: readonly string[], ports: UnmanagedOrigin['ports']) {
    this.#folder = folder;
    this.#command = command;
    this.ports = ports;
  }

  static async start({ origin, adminPort, listen }: UnmanagedOptions): Promise<UnmanagedOrigin> {
    const folder = await mkdtemp(join(tmpdir(), 'srs-origin-'));
    const ports = { rtmp: await freePort(), http: await freePort(), api: await freePort() };
    const media = { rtc: await freePort(), srt: await freePort() };
    const path = join(folder, 'srs.conf');
    await writeFile(path, confOf({ ...ports, ...media }, { folder, adminPort, listen }));
    const node = origin.name === 'mini-srs' ? [process.execPath] : [];
    const started = new UnmanagedOrigin(folder, [...node, origin.path, '-c', path], ports);
    started.restart();
    return started;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  restart(): void {
    const [program = '', ...args] = [...GUARD, ...this.#command];
    this.#process = spawn(program, args, { cwd: this.#folder, stdio: 'ignore' });
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function confOf(
  ports: Readonly<Record<'rtmp' | 'http' | 'api' | 'rtc' | 'srt', number>>,
  { folder, adminPort, listen }: { folder: string; adminPort: number; listen: string },
): string {
  return `listen ${listen}${ports.rtmp}; pid ${folder}/srs.pid; daemon off; srs_log_tank console;
max_connections 200;
http_server { enabled on; listen ${listen}${ports.http}; dir ${folder}; }
http_api { enabled on; listen ${listen}${ports.api}; }
rtc_server { enabled on; listen ${ports.rtc}; candidate 127.0.0.1; }
srt_server { enabled on; listen ${ports.srt}; }
heartbeat { enabled on; interval 1; ports on; summaries on;
  url http://127.0.0.1:${adminPort}/api/v1/srs/register; }
vhost __defaultVhost__ {
  http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
  hls { enabled on; hls_path ${folder}; hls_fragment 1; hls_window 10; }
  rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; }
  srt { enabled on; srt_to_rtmp on; }
}
`;
}
