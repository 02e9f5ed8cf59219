import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import fastify from 'fastify';
import { renderSrsConf } from '../../src/child/srs-conf.js';
import { parseTemplate } from '../../src/child/template.js';
import type { ChildPorts } from '../../src/child/types.js';
import { Folders } from '../../src/files/folders.js';
import { fileHandler } from '../../src/files/routes.js';
import { type HlsOptions, hlsRoutes } from '../../src/hls/routes.js';
import type { Route } from '../../src/listener/route.js';
import { silentLogger } from '../../src/logging/logger.js';
import type { OwnerRef } from '../../src/owner.js';
import { writerName } from '../../src/protocol/hls/names.js';
import { OPEN_GATE } from '../helpers/gate.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { until } from '../helpers/until.js';

export const OTHER_VHOST = 'other.example.com';
/** Its segments are encrypted. */
export const KEYED_VHOST = 'keyed.example.com';
const WINDOW_SECONDS = 6;
/** The clip has a keyframe a second. */
const HLS = `enabled on; hls_fragment 1; hls_window ${WINDOW_SECONDS};`;
const VHOST_BODY = `http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
  hls { ${HLS} }`;
/** mini-srs is found by its own first line. */
const env = { PATH: process.env.PATH ?? '' };
const TEMPLATE = parseTemplate(
  `vhost __defaultVhost__ { ${VHOST_BODY} } vhost ${OTHER_VHOST} { ${VHOST_BODY} }
  vhost ${KEYED_VHOST} { hls { ${HLS} hls_keys on; hls_key_url /; } }`,
);

/** One life of a child. */
export interface RigChild extends OwnerRef {
  readonly ports: ChildPorts;
  readonly process: ChildProcess;
}

/** The HLS routes on a port of their own, before children of the test's choice. */
export class HlsRig {
  readonly root: string;
  readonly html: string;
  readonly origin: string;
  readonly port: number;
  /** Owners of streams, by key. */
  readonly owners = new Map<string, RigChild>();
  /** Routes that were given and not released. */
  held = 0;
  readonly #directory: string;
  readonly #children: RigChild[] = [];

  private constructor(directory: string, origin: string, port: number) {
    this.#directory = directory;
    this.root = join(directory, 'hls');
    this.html = join(directory, 'html');
    this.origin = origin;
    this.port = port;
  }

  static async start(
    t: TestContext,
    origin: string,
    options: Partial<HlsOptions> = {},
  ): Promise<HlsRig> {
    const directory = await mkdtemp(join(tmpdir(), 'srs-supervisor-hls-'));
    const app = fastify({ forceCloseConnections: true });
    const port = await freePort();
    const rig = new HlsRig(directory, origin, port);
    await mkdir(rig.html);
    app.decorateRequest('clientAddress', { getter: () => ({ ip: '198.51.100.7', port: 0 }) });
    app.register(
      hlsRoutes({
        root: rig.root,
        vhosts: () => ['__defaultVhost__', OTHER_VHOST, KEYED_VHOST],
        windowSeconds: WINDOW_SECONDS,
        cacheBytes: 8 * 1024 * 1024,
        gate: OPEN_GATE,
        find: async (stream) => rig.#route(stream),
        otherwise: fileHandler(new Folders([{ host: null, path: '/', root: rig.html }])),
        logger: silentLogger,
        ...options,
      }),
    );
    await app.listen({ port, host: '127.0.0.1' });
    t.after(async () => {
      await app.close();
      for (const child of rig.#children) await rig.kill(child);
      await rm(directory, { recursive: true, force: true });
    });
    return rig;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts a child's life; resolves when its HTTP port answers. */
  async child(id: string, generation: number): Promise<RigChild> {
    const ports = { rtmp: 0, http: 0, api: 0, rtc: 0, srt: 0 };
    for (const name of ['rtmp', 'http', 'api'] as const) ports[name] = await freePort();
    const file = (suffix: string) => join(this.#directory, `${id}-${generation}.${suffix}`);
    const plan = { id, generation, ports, pidFile: file('pid'), html: this.html };
    const rest = { maxConnections: 200, asprocess: false, vhosts: {}, hls: null, hooks: null };
    const media = { rtc: false, srt: false };
    const off = { ...media, onLoopback: media };
    const alone = { ffmpegLogDir: this.root, duties: { ingest: true }, beats: null };
    await writeFile(
      file('conf'),
      renderSrsConf({ ...plan, ...rest, ...off, ...alone, hlsDir: this.root, template: TEMPLATE }),
    );
    const process = spawn(this.origin, ['-c', file('conf')], { env, stdio: 'ignore' });
    const child = { id, generation, ports, process };
    this.#children.push(child);
    await until(`${id} answers`, () =>
      fetch(`http://127.0.0.1:${ports.api}/api/v1/versions`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return child;
  }

  async kill({ process }: RigChild, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, 'exit');
    process.kill(signal);
    await exited;
  }

  /** Publishes the clip, faster than it would be watched. */
  publish(t: TestContext, { ports }: RigChild, stream: string): ChildProcess {
    const input = ['-readrate', '4', '-stream_loop', '-1', '-i', CLIP];
    const url = `rtmp://127.0.0.1:${ports.rtmp}/${stream}`;
    const args = ['-v', 'error', ...input, '-c', 'copy', '-f', 'flv', url];
    const process = spawn('ffmpeg', args, { stdio: 'ignore' });
    t.after(() => process.kill('SIGKILL'));
    return process;
  }

  playlistFile(child: RigChild, stream: string, vhost = '__defaultVhost__'): string {
    return join(this.root, writerName(child), vhost, `${stream}.m3u8`);
  }

  #route(stream: string): Route | null {
    const owner = this.owners.get(stream);
    if (owner === undefined) return null;
    this.held += 1;
    const release = () => {
      this.held -= 1;
    };
    return { owner, host: '127.0.0.1', ports: owner.ports, release };
  }
}
