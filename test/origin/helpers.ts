import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../helpers/ports.js';
import { until } from '../helpers/until.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export const MINI_SRS = path.join(ROOT, 'srs-bin', 'mini-srs');
/** The real SRS, for side by side comparison; null where there is none. */
export const REAL_SRS =
  ['srs-bin/srs', '/usr/local/srs/objs/srs']
    .map((file) => path.resolve(ROOT, file))
    .find((file) => existsSync(file)) ?? null;

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** A process that a test started, with what it printed. */
export class Program {
  readonly child: ChildProcess;
  output = '';
  readonly exited: Promise<number | null>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (text) => this.#keep(text));
    this.child.stderr?.on('data', (text) => this.#keep(text));
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }

  #keep(text: unknown): void {
    this.output = (this.output + String(text)).slice(-100_000);
  }
}

export interface OriginOptions {
  readonly binary?: string;
  /** More lines for the default vhost. */
  readonly vhost?: string;
  /** More lines for `http_api`. */
  readonly api?: string;
  /** More lines for the top. */
  readonly top?: string;
}

/** One origin under test, mini-srs unless told otherwise. */
export class TestOrigin {
  readonly dir: string;
  readonly rtmp: number;
  readonly api: number;
  readonly http: number;
  readonly program: Program;

  private constructor(dir: string, ports: number[], binary: string) {
    this.dir = dir;
    [this.rtmp = 0, this.api = 0, this.http = 0] = ports;
    this.program = new Program(binary, ['-c', path.join(dir, 'srs.conf')]);
  }

  static async start(options: OriginOptions = {}): Promise<TestOrigin> {
    const dir = await mkdtemp(path.join(tmpdir(), 'mini-srs-'));
    const ports = await freePorts(3);
    await mkdir(path.join(dir, 'html'));
    await writeFile(path.join(dir, 'srs.conf'), confText(dir, ports, options));
    const origin = new TestOrigin(dir, ports, options.binary ?? MINI_SRS);
    await until(
      `the API answers, output ${origin.program.output}`,
      () =>
        fetch(`http://127.0.0.1:${origin.api}/`).then(
          (answer) => answer.text(),
          () => null,
        ),
      60_000,
    );
    return origin;
  }

  get tcUrl(): string {
    return `rtmp://127.0.0.1:${this.rtmp}/live`;
  }

  async get(what: string, init?: RequestInit): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${this.api}/api/v1/${what}`, init);
    return (await response.json()) as Record<string, unknown>;
  }

  async clients(): Promise<Record<string, unknown>[]> {
    return (await this.get('clients/?count=1000')).clients as Record<string, unknown>[];
  }

  async streams(): Promise<Record<string, unknown>[]> {
    return (await this.get('streams/?count=1000')).streams as Record<string, unknown>[];
  }

  async close(): Promise<void> {
    await this.program.stop();
    await rm(this.dir, { recursive: true });
  }
}

function confText(dir: string, [rtmp, api, http]: number[], options: OriginOptions): string {
  return `listen 127.0.0.1:${rtmp}; pid ${dir}/srs.pid; daemon off; srs_log_tank console;
    max_connections 300; asprocess on; ${options.top ?? ''}
    http_api { enabled on; listen 127.0.0.1:${api}; ${options.api ?? ''} }
    http_server { enabled on; listen 127.0.0.1:${http}; dir ${dir}/html; }
    vhost __defaultVhost__ {
      http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
      ${(options.vhost ?? '').replace('HTML', `${dir}/html`)}
    }
    vhost my.com { http_remux { enabled on; mount [vhost]/[app]/[stream].flv; } }`;
}

/** A real encoder: H.264 with a keyframe each second, and AAC. */
export function publish(url: string, seconds = 120): Program {
  const input = ['-re', '-f', 'lavfi', '-i', 'testsrc=s=320x240:r=25', '-f', 'lavfi', '-i', 'sine'];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-c:a', 'aac'];
  const output = ['-t', String(seconds), '-f', 'flv', url];
  return new Program('ffmpeg', ['-v', 'error', ...input, ...codecs, ...output]);
}

/** Codec names of a stream by ffprobe, sorted. */
export async function probe(url: string): Promise<string> {
  const args = ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', url];
  const program = new Program('ffprobe', args);
  await program.exited;
  return program.output
    .split(/\s+/)
    .filter((name) => name === 'aac' || name === 'h264')
    .sort()
    .join();
}

/** Decodes `seconds` of a stream; answers ffmpeg's exit code and complaints. */
export async function play(url: string, seconds: number): Promise<string> {
  const args = ['-v', 'error', '-i', url, '-t', String(seconds), '-f', 'null', '-'];
  const program = new Program('ffmpeg', args);
  return `${await program.exited} ${program.output}`.trim();
}
