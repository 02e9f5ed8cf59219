import { Ffmpeg } from '../helpers/media.js';
import type { Origin } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor, type RunOptions } from '../helpers/supervisor.js';
import { STREAM } from './load.js';

/** Ports at which players get the stream. */
export interface PlayerPorts {
  readonly rtmp: number;
  readonly http: number;
}

/** A supervisor with one child and `STREAM` on it. */
export class StreamBox {
  readonly ports: PlayerPorts;
  readonly pid: number;
  readonly child: { readonly ports: PlayerPorts; readonly pid: number };
  readonly #supervisor: RunningSupervisor;
  readonly #publisher: Ffmpeg;

  private constructor(
    { ports, child }: Pick<StreamBox, 'ports' | 'child'>,
    supervisor: RunningSupervisor,
    publisher: Ffmpeg,
  ) {
    this.ports = ports;
    this.child = child;
    this.pid = supervisor.pid;
    this.#supervisor = supervisor;
    this.#publisher = publisher;
  }

  static async open(
    origin: Origin,
    clip: string,
    options: Pick<RunOptions, 'args' | 'env'>,
  ): Promise<StreamBox> {
    const ports = { rtmp: await freePort(), http: await freePort() };
    const supervisor = await RunningSupervisor.start({
      ...{ origin: origin.path, children: 1, rtmpPort: ports.rtmp },
      ...{ ports: { http: ports.http }, ...options },
    });
    const input = ['-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
    const publisher = new Ffmpeg('ffmpeg', [...input, supervisor.url(STREAM)]);
    await supervisor.ownerOf(STREAM);
    const [child] = await supervisor.children();
    const served = { ports: child!.ports, pid: child!.pid! };
    return new StreamBox({ ports, child: served }, supervisor, publisher);
  }

  async close(): Promise<void> {
    await this.#publisher.kill();
    await this.#supervisor.dispose();
  }
}
