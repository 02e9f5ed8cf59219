import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { portsAt } from '../../../src/child/ports.js';
import type { ConnectionLimits } from '../../../src/listener/budget.js';
import type { Failure } from '../../../src/listener/failure.js';
import type { Route, Router } from '../../../src/listener/route.js';
import { RtmpListener } from '../../../src/listener/rtmp/listener.js';
import { RtmpPool } from '../../../src/listener/rtmp/pool.js';
import type { RtmpSessionContext } from '../../../src/listener/rtmp/session.js';
import { silentLogger } from '../../../src/logging/logger.js';
import type { OwnerRef } from '../../../src/owner.js';
import type { Amf0Value } from '../../../src/protocol/rtmp/amf0.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { NativeEngine } from '../../../src/relay/native/engine.js';
import { PortableEngine } from '../../../src/relay/portable/tcp.js';
import { CountedAliases } from '../../helpers/counted.js';
import { OPEN_GATE } from '../../helpers/gate.js';
import { until } from '../../helpers/until.js';

/** Where the router sends a client: a port on this machine, and whose it is. */
export interface Way {
  readonly port: number;
  readonly owner: OwnerRef;
}

export const C001: OwnerRef = { id: 'c001', generation: 1 };

/** Threads of an RTMP port: one with Node's sockets, or the native relay's own. */
export type Server = 'node' | 'threads';

/** Options of the port that a test sets. */
export type RigContext = Partial<Omit<RtmpSessionContext, 'aliases'>> & {
  readonly aliases?: CountedAliases;
};

/** An RTMP port of the test's own, before whatever listens at its ways. */
export class Rig {
  readonly aliases: CountedAliases;
  readonly listener: RtmpListener | RtmpPool;
  readonly engine: PortableEngine | NativeEngine;
  /** Answers of the router, one after another; the last repeats. Null: no child. */
  ways: (Way | null)[] = [];
  asked: string[] = [];
  released = 0;
  readonly route: Router = async (stream, role) => this.#route(`${role} ${stream}`);

  constructor(
    server: Server,
    context: RigContext = {},
    limits: ConnectionLimits = { connections: 1000, connectionsPerIp: 0 },
    port = 0,
  ) {
    this.aliases = context.aliases ?? new CountedAliases();
    const address = { host: '127.0.0.1', port };
    const session: RtmpSessionContext = {
      gate: OPEN_GATE,
      route: this.route,
      join: (pair) => this.engine.join(pair),
      vhosts: ['__defaultVhost__'],
      identifyMs: 30_000,
      childAnswerMs: 10_000,
      server: { signature: 'SRS/1.2.3(Hang)', version: '1.2.3', pid: 1 },
      logger: silentLogger,
      ...context,
      aliases: this.aliases,
    };
    if (server === 'node') {
      this.engine = new PortableEngine();
      this.listener = new RtmpListener({ address, limits, proxies: null }, session);
    } else {
      this.engine = new NativeEngine({ threads: 1 });
      this.listener = new RtmpPool(
        this.engine.setupThreads,
        { address, limits, proxies: null },
        session,
      );
    }
  }

  get port(): number {
    return this.listener.address()?.port ?? 0;
  }

  get counters() {
    return this.listener.summary().counters;
  }

  get connected(): number {
    return this.listener.summary().connections;
  }

  /** Waits for what threads tell now and then. */
  async failed(reason: Failure, count: number): Promise<void> {
    await until(`${count} × ${reason}`, () => this.counters.failed[reason] === count);
  }

  /** Waits until nobody is connected, and asserts that nothing was kept. */
  async empties(): Promise<void> {
    await until('no connection is left', () => this.connected === 0);
    assert.deepEqual([...this.aliases.taken], []);
  }

  async close(): Promise<void> {
    await this.listener.close();
    await this.engine.close();
  }

  #route(asked: string): Route | null {
    this.asked.push(asked);
    const way = this.ways.length > 1 ? this.ways.shift() : this.ways[0];
    if (!way) return null;
    return {
      owner: way.owner,
      ports: portsAt(way.port),
      host: '127.0.0.1',
      release: () => void this.released++,
    };
  }
}

/** A child's handshake; nobody looks at what is in it. */
export const CHILD_HANDSHAKE = Buffer.alloc(1 + 2 * HANDSHAKE_SIZE, 3);

export function result(transactionId: number, ...args: Amf0Value[]): RtmpMessage {
  const command = { name: '_result', transactionId, object: null, args };
  return encodeCommand(command, { csid: 3, streamId: 0 });
}

export function status(code: string): RtmpMessage {
  const command = { name: 'onStatus', transactionId: 0, object: null, args: [{ code }] };
  return encodeCommand(command, { csid: 5, streamId: 1 });
}

export function video(timestamp: number, size = 300): RtmpMessage {
  const payload = Buffer.alloc(size, timestamp & 0xff);
  return { csid: 6, timestamp, typeId: 9, streamId: 1, payload };
}

export function encoded(...messages: readonly RtmpMessage[]): Buffer {
  return Buffer.concat(messages.map((message) => encodeMessage(message, 128)));
}

/** Reads what a client's replay brings: so many bytes behind C0, C1 and C2. */
export async function readReplay(child: Socket, size: number): Promise<Buffer> {
  let seen = Buffer.alloc(0);
  const wanted = CHILD_HANDSHAKE.length + size;
  const take = (bytes: Buffer) => {
    seen = Buffer.concat([seen, bytes]);
  };
  child.on('data', take).resume();
  await until(`${wanted} bytes`, () => seen.length >= wanted);
  child.off('data', take).pause();
  return seen.subarray(CHILD_HANDSHAKE.length);
}
