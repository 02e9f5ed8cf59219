import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { portsAt } from '../../../src/child/ports.js';
import { RtmpPool } from '../../../src/listener/rtmp/pool.js';
import { silentLogger } from '../../../src/logger.js';
import { NativeEngine } from '../../../src/relay/native/engine.js';
import { descriptorsOf } from '../../helpers/processes.js';
import { openingBytes } from '../../helpers/rtmp-bytes.js';
import { Acceptor, closing, dialPort } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';
import { C001, CHILD_HANDSHAKE, encoded, result, status, video } from './rig.js';

const THREADS = 2;
/** Enough that the kernel does not give them all to one thread. */
const CLIENT_COUNT = 40;
const START = status('NetStream.Play.Start');

/** A client that plays, the child's end of its connection, and what has come to each. */
interface Pair {
  readonly client: Socket;
  readonly child: Socket;
}

describe('the RTMP port on several threads', { timeout: 120_000 }, () => {
  let engine: NativeEngine;
  let children: Acceptor;
  let pool: RtmpPool;
  let released = 0;
  const sockets = new Set<Socket>();
  const descriptors = () => descriptorsOf(process.pid);
  let descriptorsBefore = 0;

  async function open(connectionsPerIp = 0): Promise<void> {
    pool = new RtmpPool(engine, {
      address: { host: '127.0.0.1', port: 0 },
      limits: { connections: 1000, connectionsPerIp },
      proxies: null,
      route: async () => ({
        owner: C001,
        host: '127.0.0.1',
        ports: portsAt(children.port),
        release: () => void released++,
      }),
      vhosts: ['__defaultVhost__'],
      identifyMs: 30_000,
      server: { name: 'test', version: '0', pid: 1 },
      logger: silentLogger,
    });
    await pool.start();
  }

  async function dial(): Promise<Socket> {
    const client = await dialPort(pool.address()?.port ?? 0);
    sockets.add(client);
    return client;
  }

  async function play(): Promise<Pair> {
    const accepted = children.next();
    const client = await dial();
    client.write(openingBytes(1935, 'cam'));
    const child = await accepted;
    sockets.add(child);
    child.resume();
    child.write(Buffer.concat([CHILD_HANDSHAKE, encoded(result(1), result(2, null, 1), START)]));
    await hears(client, encoded(START));
    return { client, child };
  }

  /** Waits until these bytes have come, whatever came before. */
  async function hears(client: Socket, bytes: Buffer): Promise<void> {
    let seen = Buffer.alloc(0);
    const take = (more: Buffer) => {
      seen = Buffer.concat([seen, more]);
    };
    client.on('data', take).resume();
    await until('the bytes', () => seen.includes(bytes));
    client.off('data', take);
  }

  async function carries({ client, child }: Pair, timestamp: number): Promise<void> {
    const media = encoded(video(timestamp, 5000));
    child.write(media);
    await hears(client, media);
  }

  before(async () => {
    engine = new NativeEngine({ threads: THREADS });
    children = await Acceptor.open();
    descriptorsBefore = await descriptors();
    await open();
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await pool.close();
    await engine.close();
    await children.close();
  });

  it('spreads clients over its threads, and relays each from its own alias', async () => {
    const pairs = [];
    for (let i = 0; i < CLIENT_COUNT; i += 1) pairs.push(await play());
    for (const [i, pair] of pairs.entries()) await carries(pair, 40 * i);
    const rows = await pool.rows();
    assert.equal(rows.length, CLIENT_COUNT);
    assert.equal(new Set(rows.map(({ id }) => id)).size, CLIENT_COUNT);
    assert.deepEqual(
      rows.map(({ alias }) => alias).sort(),
      pairs.map(({ child }) => child.remoteAddress).sort(),
    );
    for (const { alias, client } of rows) {
      assert.equal(await pool.clientOf(alias ?? ''), client);
    }
    for (const nobody of ['127.1.255.255', '192.0.2.1', '::1', '']) {
      assert.equal(await pool.clientOf(nobody), null);
    }
    assert.ok(rows.every(({ child, stream }) => child === 'c001' && stream?.endsWith('/live/cam')));
    await until('every thread has counted', () =>
      pool.threads.every(({ counters }) => (counters?.accepted ?? 0) > 0),
    );
    await until('all are counted', () => pool.summary().traffic.get('c001')?.connections === 40);
  });

  it('ends the clients of a child that is gone, and lets go of all they held', async () => {
    const before = pool.summary().connections;
    pool.endOf(C001, 'it died');
    await until('nobody is connected', () => pool.summary().connections === 0);
    await until('every hold is given back', () => released === before);
    assert.equal(pool.summary().counters.relayed, before);
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  it('goes on when a thread dies: nobody relayed notices, and others are served', async () => {
    const pairs = [];
    for (let i = 0; i < 10; i += 1) pairs.push(await play());
    const silent = [await dial(), await dial(), await dial(), await dial(), await dial()];
    await until('the silent ones are accepted', () => pool.summary().connections === 15);
    const [first, second] = pool.threads;
    const ends = silent.map((socket) => once(socket.resume(), 'close'));
    for (const socket of silent) socket.on('end', () => socket.end());
    first?.kill();
    second?.kill();
    await Promise.all(ends);
    const rows = await pool.rows();
    assert.equal(rows.length, pairs.length);
    for (const { alias, client } of rows) {
      assert.equal(await pool.clientOf(alias ?? ''), client);
    }
    for (const [i, pair] of pairs.entries()) await carries(pair, 40 * i);
    await until(
      'both are replaced',
      () => !pool.threads.includes(first!) && !pool.threads.includes(second!),
    );
    await carries(await play(), 1000);
    pool.endOf(C001, 'done');
    await until('nobody is connected', () => pool.summary().connections === 0);
  });

  it('keeps to a limit for each address, whichever threads its clients come to', async () => {
    await pool.close();
    await open(3);
    for (let i = 0; i < 3; i += 1) await play();
    await until('three are relayed', () => pool.summary().connections === 3);
    const refused = await dial();
    refused.write(openingBytes(1935, 'cam'));
    const closed = closing(refused);
    const child = await Promise.race([children.next(), closed]);
    // Another thread than theirs may have accepted it: then the limit is met at the handover.
    if (typeof child !== 'string') {
      sockets.add(child);
      child.write(Buffer.concat([CHILD_HANDSHAKE, encoded(result(1), result(2, null, 1), START)]));
    }
    assert.equal(await closed, 'ECONNRESET');
    // A thread tells of its own connections twice a second.
    await until('three are left', () => pool.summary().connections === 3);
    await until('it is counted', () => pool.summary().counters.refused === 1);
  });

  it('leaves no descriptor behind', async () => {
    await pool.close();
    for (const socket of sockets) socket.destroy();
    await until('all are closed', async () => (await descriptors()) <= descriptorsBefore);
  });
});
