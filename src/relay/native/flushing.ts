import type { Socket } from 'node:net';
import type { RecalledClient } from '../client-watch.js';
import type { RelayEnd, RelayedConnection, RelayPair } from '../relay.js';

/**
 * A pair to which Node still has bytes to write: it is joined as soon as they have gone, or the
 * sockets are. Nothing else is read meanwhile, so nothing piles up.
 */
export class FlushingConnection implements RelayedConnection {
  readonly ended: Promise<RelayEnd>;
  onRecall: ((about: unknown) => Promise<boolean>) | null = null;
  readonly #pair: RelayPair;
  #joined: RelayedConnection | null = null;
  #end: RelayEnd | null = null;

  constructor(pair: RelayPair, join: () => RelayedConnection) {
    this.#pair = pair;
    this.ended = this.#carry(join);
  }

  get bytesIn(): number {
    return this.#joined?.bytesIn ?? 0;
  }

  get bytesOut(): number {
    return this.#joined?.bytesOut ?? 0;
  }

  get recalled(): RecalledClient | null {
    return this.#joined?.recalled ?? null;
  }

  destroy(): void {
    if (this.#joined) this.#joined.destroy();
    else this.#stop('destroyed');
  }

  async #carry(join: () => RelayedConnection): Promise<RelayEnd> {
    const { client, child, idleMs } = this.#pair;
    const timer = idleMs > 0 ? setTimeout(() => this.#stop('idle'), idleMs) : undefined;
    await Promise.all([flushed(client), flushed(child)]);
    clearTimeout(timer);
    this.#joined = join();
    this.#joined.onRecall = async (about) => (await this.onRecall?.(about)) ?? false;
    const end = await this.#joined.ended;
    return this.#end ?? end;
  }

  #stop(end: RelayEnd): void {
    this.#end ??= end;
    this.#pair.client.destroy();
    this.#pair.child.destroy();
  }
}

/** Resolves when all is written, or the socket is gone. */
function flushed(socket: Socket): Promise<void> {
  socket.pause().on('error', () => {});
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else if (socket.writableEnded) socket.once('finish', resolve);
    else socket.write('', () => resolve());
    socket.once('close', resolve);
  });
}
