import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, type SecureContext, TLSSocket } from 'node:tls';
import type { Feed, FeedStart, Viewer } from '../../src/relay/fanout.js';
import { NativeEngine } from '../../src/relay/native/engine.js';
import { Acceptor, dialPort } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';
import { TEST_FEED } from './test-feed.js';

export const MIB = 1024 * 1024;
export const BOUNDS = { bytes: 2 * MIB, ms: 60_000 };
/** More than the sockets between a thread and a reader that sleeps can hold, in MiB. */
export const FLOOD = 32;

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** A line that tells its number and says at its end that it is whole. */
export function line(mark: '!' | '-', number: number, size = 0): string {
  return `${mark}${number} ${'x'.repeat(size)} end ${number}\n`;
}

/** Feeds and viewers on the threads of one engine. */
export class FanoutBench {
  readonly engine: NativeEngine;
  readonly #children: Acceptor;
  readonly #clients: Acceptor;
  readonly #sockets: Socket[] = [];

  private constructor(engine: NativeEngine, children: Acceptor, clients: Acceptor) {
    this.engine = engine;
    this.#children = children;
    this.#clients = clients;
  }

  static async open(): Promise<FanoutBench> {
    const engine = new NativeEngine({ threads: 2 });
    return new FanoutBench(engine, await Acceptor.open(), await Acceptor.open());
  }

  /** A feed, and the child's end of it. */
  async feed(start: Partial<FeedStart> = {}, thread = 0): Promise<{ feed: Feed; child: Socket }> {
    const accepted = this.#children.next();
    const child = await dialPort(this.#children.port);
    const rest = { first: Buffer.alloc(0), module: TEST_FEED, settings: null, ring: BOUNDS };
    const feed = this.engine.openFeed(thread, { child, ...rest, idleMs: 0, ...start });
    assert.ok(feed);
    return { feed, child: await accepted };
  }

  /** A viewer, and the client's end of it. */
  async viewer(
    feed: Feed,
    toClient = 'head\n',
    hearer?: string,
  ): Promise<{ viewer: Viewer; client: Socket }> {
    const accepted = this.#clients.next();
    const client = await dialPort(this.#clients.port);
    this.#sockets.push(client);
    const viewer = feed.join(await accepted, { toClient: Buffer.from(toClient), hearer });
    assert.ok(viewer);
    return { viewer, client };
  }

  /** As `viewer`, of a client that speaks TLS. */
  async tlsViewer(
    feed: Feed,
    secureContext: SecureContext,
    hearer?: string,
  ): Promise<{ viewer: Viewer; client: TLSSocket }> {
    const accepted = this.#clients.next();
    const socket = await dialPort(this.#clients.port);
    this.#sockets.push(socket);
    const client = connect({ socket, rejectUnauthorized: false }).on('error', () => {});
    const served = new TLSSocket(await accepted, { isServer: true, secureContext });
    await Promise.all([once(served, 'secure'), once(client, 'secureConnect')]);
    const viewer = feed.join(served.pause(), { toClient: Buffer.from('head\n'), hearer });
    assert.ok(viewer);
    return { viewer, client };
  }

  async close(): Promise<void> {
    await this.engine.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([this.#children.close(), this.#clients.close()]);
  }
}

/** Collects what a client reads. */
export function heard(client: Socket): () => string {
  const chunks: Buffer[] = [];
  client.on('data', (bytes: Buffer) => chunks.push(bytes));
  return () => Buffer.concat(chunks).toString('latin1');
}

/**
 * Writes lines until this many MiB were written; returns the last number. `reader`: waits for it
 * now and then.
 */
export async function flood(
  child: Socket,
  from: number,
  mib: number,
  reader?: Viewer,
): Promise<number> {
  const before = reader?.bytesOut ?? 0;
  let number = from;
  for (let written = 0; written < mib * MIB; number += 1) {
    const text = line(number % 10 === 0 ? '!' : '-', number, 30_000);
    written += text.length;
    if (!child.write(text)) await new Promise((resolve) => child.once('drain', resolve));
    if (reader === undefined || number % 10 !== 9) continue;
    await until('the reader has it', () => reader.bytesOut - before >= written);
  }
  return number - 1;
}
