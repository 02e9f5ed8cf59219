import type { Socket } from 'node:net';
import type { RecalledClient } from '../client-watch.js';
import type { Feed, FeedStart, Viewer, ViewerStart } from '../fanout.js';
import type { PortableEngine } from '../portable/tcp.js';
import { type RelayEnd, STALL_MS } from '../relay.js';
import { descriptorFor } from './bridge.js';
import { close } from './libc.js';
import { createMemoryFile } from './libc-files.js';
import { joined, takeOne } from './takeover.js';
import type { RelayThread } from './thread.js';
import type { ThreadConnection } from './thread-connection.js';

/** A feed on a thread, as the control side sees it. */
class ThreadFeed implements Feed {
  readonly #thread: RelayThread;
  readonly #connection: ThreadConnection;
  readonly #portable: PortableEngine;

  constructor(thread: RelayThread, connection: ThreadConnection, portable: PortableEngine) {
    this.#thread = thread;
    this.#connection = connection;
    this.#portable = portable;
  }

  get ended(): Promise<RelayEnd> {
    return this.#connection.ended;
  }

  get ringBytes(): number {
    return this.#connection.bytesIn;
  }

  destroy(): void {
    this.#connection.destroy();
  }

  forget(): void {
    const { slot, generation } = this.#connection;
    this.#thread.order({ kind: 'forget', slot, generation });
  }

  join(client: Socket, { toClient, hearer }: ViewerStart): Viewer | null {
    const taken = this.#thread.isFull ? null : descriptorFor(client, this.#portable);
    if (taken === null) return null;
    const { slot: feedSlot, generation: feedGeneration } = this.#connection;
    const feed = { feedSlot, feedGeneration };
    const bytes = { toClient: ownBytes([toClient]), said: ownBytes(taken.ahead) };
    const rest = { client: taken.fd, ...feed, ...bytes, hearer, stallMs: STALL_MS };
    const order = (place: { slot: number; generation: number }) =>
      ({ kind: 'view', ...place, ...rest }) as const;
    return new ThreadViewer(this.#thread.admit([taken.fd, -1], order));
  }
}

/** A viewer on a thread, as the control side sees it. */
class ThreadViewer implements Viewer {
  readonly bytesIn = 0;
  readonly #connection: ThreadConnection;

  constructor(connection: ThreadConnection) {
    this.#connection = connection;
  }

  get bytesOut(): number {
    return this.#connection.bytesOut;
  }

  get skipped(): number {
    return this.#connection.bytesIn;
  }

  get ended(): Promise<RelayEnd> {
    return this.#connection.ended;
  }

  get recalled(): RecalledClient | null {
    return this.#connection.recalled;
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

/**
 * Opens a feed on a thread; null, with the child's socket untouched, if that cannot be. `portable`
 * carries the viewers that the thread cannot have.
 */
export function openFeed(
  thread: RelayThread,
  start: FeedStart,
  portable: PortableEngine,
): Feed | null {
  const memory = thread.isFull ? null : memoryFile();
  if (memory === null) return null;
  const taken = takeOne(start.child);
  if (taken === null) {
    close(memory);
    return null;
  }
  const { module, settings, ring, idleMs } = start;
  const first = Buffer.concat([start.first, ...taken.ahead]);
  const rest = { memory, child: taken.fd, first, module, settings, ring, idleMs };
  const order = (place: { slot: number; generation: number }) =>
    ({ kind: 'feed', ...place, ...rest }) as const;
  return new ThreadFeed(thread, thread.admit([memory, taken.fd], order), portable);
}

function ownBytes(parts: readonly Buffer[]): Uint8Array {
  return joined(undefined, parts) ?? new Uint8Array();
}

/** Null: this process can open no more descriptors. */
function memoryFile(): number | null {
  try {
    return createMemoryFile('srs-supervisor-feed');
  } catch {
    return null;
  }
}
