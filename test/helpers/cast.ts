import type { RtmpClient } from '../../src/demo/rtmp-client.js';
import { assertDecoded, type Ffmpeg, playFrames, publish } from './media.js';
import { connectTo, RtmpPlayer } from './rtmp-player.js';

/** The publishers and players of a test; `close` ends those that remain. */
export class Cast {
  readonly #programs = new Set<Ffmpeg>();
  readonly #players = new Set<RtmpPlayer>();
  readonly #holders = new Set<RtmpClient>();

  publish(url: string): Ffmpeg {
    return this.#run(publish(url));
  }

  playFrames(url: string, frames: number): Ffmpeg {
    return this.#run(playFrames(url, frames));
  }

  /** Plays all URLs at once, each until so many video frames are decoded. */
  async assertPlays(frames: number, ...urls: string[]): Promise<void> {
    const players = urls.map((url) => this.playFrames(url, frames));
    for (const player of players) await assertDecoded(player, frames);
  }

  async play(url: string): Promise<RtmpPlayer> {
    const player = await RtmpPlayer.play(url);
    this.#players.add(player);
    return player;
  }

  /** Publishes without media, which starts faster than a program, until the child closes it. */
  async hold(url: string): Promise<RtmpClient> {
    const { client, stream } = await connectTo(url);
    this.#holders.add(client);
    await client.publish(stream);
    return client;
  }

  async close(): Promise<void> {
    for (const holder of this.#holders) holder.close();
    await Promise.all([
      ...Array.from(this.#programs, (program) => program.kill()),
      ...Array.from(this.#players, (player) => player.close()),
    ]);
    this.#programs.clear();
    this.#players.clear();
    this.#holders.clear();
  }

  #run(program: Ffmpeg): Ffmpeg {
    this.#programs.add(program);
    return program;
  }
}
