import type { Socket } from 'node:net';
import { resetSocket } from '../../system/reset-socket.js';
import { type ClientWatch, RECALL_MS, type RecalledClient } from '../client-watch.js';
import {
  type RelayEnd,
  type RelayEngine,
  type RelayedConnection,
  type RelayPair,
  STALL_MS,
} from '../relay.js';
import { type Stallable, StallWatch } from '../stall.js';
import { pipeWatched } from './pipe-watched.js';

/** Time between two searches for stalled clients, milliseconds. */
const TICK_MS = 500;

/** Two sockets joined by Node's own `pipe`, which pauses the reader while the writer is full. */
class PortableConnection implements RelayedConnection, Stallable {
  readonly stallMs: number;
  readonly ended: Promise<RelayEnd>;
  readonly #client: Socket;
  readonly #child: Socket;
  readonly #clientBase: number;
  readonly #childBase: number;
  #end: RelayEnd = 'closed';
  recalled: RecalledClient | null = null;
  onRecall: ((about: unknown) => Promise<boolean>) | null = null;
  #resolve: (end: RelayEnd) => void = () => {};
  /** Removes what listens to the client. */
  readonly #leaveClient: (() => void)[] = [];

  constructor(pair: RelayPair, onStuck: (connection: PortableConnection) => void) {
    const { client, child, toClient, toChild, idleMs, stallMs = STALL_MS } = pair;
    this.stallMs = stallMs;
    this.#client = client;
    this.#child = child;
    this.#clientBase = client.bytesWritten;
    this.#childBase = child.bytesWritten;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const isClosed = [this.#closed(client), this.#closed(child)];
    void Promise.all(isClosed).then(() => this.#resolve(this.#end));
    this.#guard(client, child, 'client-reset');
    this.#guard(child, client, 'child-reset');
    // Every byte of either way passes through the child's socket: its timer serves for both.
    child.setTimeout(idleMs, () => this.#stop('idle'));
    if (toChild?.length) child.write(toChild);
    if (toClient?.length) client.write(toClient);
    this.#pipeUp(pair);
    // `pipe` pauses the child while the client takes nothing.
    child.on('pause', () => onStuck(this)).pipe(client);
    if (this.isStuck) onStuck(this);
    if (client.destroyed || child.destroyed) this.#stop('closed');
  }

  get bytesIn(): number {
    return this.#child.bytesWritten - this.#childBase;
  }

  get bytesOut(): number {
    return this.#client.bytesWritten - this.#clientBase;
  }

  get isStuck(): boolean {
    return this.#client.writableLength > 0;
  }

  /** Bytes that the kernel has taken for the client. */
  get sent(): number {
    return this.#client.bytesWritten - this.#client.writableLength;
  }

  destroy(): void {
    this.#stop('destroyed');
  }

  /** Ends it because its client takes nothing of what waits for it. */
  stall(): void {
    resetSocket(this.#client);
    this.#stop('stalled');
  }

  #pipeUp({ client, child, oneWay, watch }: RelayPair): void {
    if (oneWay) {
      // A one-way client's end tells the child nothing, so the child's own has to.
      child.once('end', () => child.end());
      client.resume();
    } else if (watch) {
      this.#pipeWatched(watch);
    } else {
      client.pipe(child);
    }
  }

  #pipeWatched(watch: ClientWatch): void {
    const recall = (bytes: Buffer) => void this.#recall(watch, bytes);
    pipeWatched(this.#client, this.#child, watch, recall);
  }

  async #recall(watch: ClientWatch, bytes: Buffer): Promise<void> {
    const stays = await this.onRecall?.(watch.about);
    if (!stays) {
      this.#letGo(watch);
      return;
    }
    watch.stays();
    this.#child.write(bytes);
    this.#pipeWatched(watch);
  }

  #letGo(watch: ClientWatch): void {
    const client = this.#client;
    const child = this.#child;
    if (child.readableEnded || child.destroyed) {
      this.#stop('closed');
      return;
    }
    // The pipe so far would end the client together with the child.
    child.unpipe(client);
    child.pipe(client, { end: false });
    child.setTimeout(RECALL_MS);
    child.once('end', () => {
      child.unpipe(client);
      for (const leave of this.#leaveClient) leave();
      this.recalled = { client, about: watch.about };
      this.#resolve('recalled');
      child.destroy();
    });
    child.end();
  }

  /** A side that broke off takes the other with it; one that ended in order `pipe` half-closes. */
  #guard(socket: Socket, other: Socket, end: RelayEnd): void {
    const failed = () => {
      if (this.#end === 'closed') this.#end = end;
      resetSocket(other);
    };
    const left = () => {
      if (!socket.readableEnded && !other.destroyed) resetSocket(other);
    };
    socket.once('error', failed).once('close', left);
    if (socket === this.#client) {
      this.#leaveClient.push(() => void socket.off('error', failed).off('close', left));
    }
  }

  #closed(socket: Socket): Promise<void> {
    return new Promise((resolve) => {
      const closed = () => resolve();
      if (socket.closed) resolve();
      else socket.once('close', closed);
      if (socket === this.#client) this.#leaveClient.push(() => void socket.off('close', closed));
    });
  }

  #stop(end: RelayEnd): void {
    if (this.#end === 'closed') this.#end = end;
    this.#client.destroy();
    this.#child.destroy();
  }
}

/**
 * The engine for every platform, on Node streams: one event loop, 190 to 280 ms of CPU per Gbit.
 * The sockets must have been made with `allowHalfOpen`, or half-close is lost.
 */
export class PortableEngine implements RelayEngine {
  /** The one thread is the supervisor's own. */
  readonly threadUsage = () => [];
  readonly name = 'portable';
  readonly threadCount = 0;
  readonly setupThreads = null;
  readonly fanoutThreads = null;
  readonly keeping = null;
  readonly #open = new Set<PortableConnection>();
  readonly #stalls = new StallWatch<PortableConnection>();
  #timer: NodeJS.Timeout | undefined;

  join(pair: RelayPair): RelayedConnection {
    const stuck = (one: PortableConnection) => this.#stalls.add(one, performance.now());
    const connection = new PortableConnection(pair, stuck);
    this.#open.add(connection);
    this.#timer ??= setInterval(() => this.#endStalled(), TICK_MS).unref();
    void connection.ended.then(() => {
      this.#open.delete(connection);
      this.#stalls.remove(connection);
      if (this.#open.size === 0) this.#rest();
    });
    return connection;
  }

  async close(): Promise<void> {
    this.#rest();
    const open = [...this.#open];
    for (const connection of open) connection.destroy();
    await Promise.all(open.map((connection) => connection.ended));
  }

  /** There is nothing to be looked after: the native engine has this one beside it, idle. */
  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #endStalled(): void {
    for (const connection of this.#stalls.stalled(performance.now())) connection.stall();
  }
}
