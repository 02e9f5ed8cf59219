import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { portsAt } from '../../../src/child/ports.js';
import { AliasBook } from '../../../src/listener/aliases.js';
import { RtmpPool } from '../../../src/listener/rtmp/pool.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { NativeEngine } from '../../../src/relay/native/engine.js';
import type { Order } from '../../../src/relay/native/protocol.js';
import { OPEN_GATE } from '../../helpers/gate.js';
import { descriptorsOf } from '../../helpers/processes.js';
import { openingBytes } from '../../helpers/rtmp-bytes.js';
import { Acceptor, closing, dialPort, gone } from '../../helpers/sockets.js';
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
  const streams: string[] = [];
  /** The rules of its context. */
  const rules = { vhosts: ['__defaultVhost__'], identifyMs: 30_000 };
  const sockets = new Set<Socket>();
  const descriptors = () => descriptorsOf(process.pid);
  let descriptorsBefore = 0;

  async function open(connectionsPerIp = 0, proxies: string[] | null = null): Promise<void> {
    const options = {
      address: { host: '127.0.0.1', port: 0 },
      limits: { connections: 1000, connectionsPerIp },
      proxies,
    };
    pool = new RtmpPool(engine.setupThreads, options, {
      aliases: new AliasBook(),
      join: (pair) => engine.join(pair),
      gate: OPEN_GATE,
      route: async (stream) => {
        streams.push(stream);
        const release = () => void released++;
        return { owner: C001, host: '127.0.0.1', ports: portsAt(children.port), release };
      },
      get vhosts() {
        return rules.vhosts;
      },
      get identifyMs() {
        return rules.identifyMs;
      },
      childAnswerMs: 10_000,
      server: { signature: 'SRS/1.2.3(Hang)', version: '1.2.3', pid: 1 },
      logger: silentLogger,
    });
    await pool.start();
  }

  async function dial(): Promise<Socket> {
    const client = await dialPort(pool.address()?.port ?? 0);
    sockets.add(client);
    return client;
  }

  async function play(header = ''): Promise<Pair> {
    const accepted = children.next();
    const client = await dial();
    client.write(header);
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
    // Once clients are let in, the threads have all descriptors that they need for themselves.
    await open();
    await pool.close();
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
    for (const { id, alias, client } of rows) {
      assert.deepEqual(await pool.holderOf(alias ?? ''), { id, client });
    }
    for (const nobody of ['127.1.255.255', '192.0.2.1', '::1', '']) {
      assert.equal(await pool.holderOf(nobody), null);
    }
    assert.ok(rows.every(({ child, stream }) => child === 'c001' && stream?.endsWith('/live/cam')));
    await until('every thread has counted', () =>
      pool.links.every(({ counters }) => (counters?.accepted ?? 0) > 0),
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

  it('goes on when a thread dies: its own clients are closed, nobody else notices', async () => {
    const pairs: Pair[] = [];
    for (let i = 0; i < CLIENT_COUNT; i += 1) pairs.push(await play());
    const silent: Socket[] = [];
    for (let i = 0; i < CLIENT_COUNT; i += 1) silent.push(await dial());
    await until('all are accepted', () => pool.summary().connections === 2 * CLIENT_COUNT);
    const [doomed, survivor] = engine.threads;
    const lost = doomed!.size;
    const closed = new Set<Socket>();
    for (const client of [...pairs.map((pair) => pair.client), ...silent]) {
      client.resume().once('close', () => closed.add(client));
      client.once('end', () => client.destroy());
    }
    const losses = lost + pool.links[0]!.connections;
    assert.ok(lost > 0 && lost < CLIENT_COUNT && losses > lost);
    doomed!.order({ kind: 'dance' } as unknown as Order);
    await until('its clients are closed', () => closed.size === losses);
    await until('it is replaced', () => engine.threads.length === THREADS);
    assert.ok(engine.threads.includes(survivor!));
    const others = pairs.filter(({ client }) => !closed.has(client));
    assert.equal(others.length, CLIENT_COUNT - lost);
    for (const [i, pair] of others.entries()) await carries(pair, 40 * i);
    await until('the others are counted', () => {
      return pool.summary().connections === 2 * CLIENT_COUNT - losses;
    });
    // Some of these come to the new thread: the kernel spreads them by their ports.
    for (let i = 0; i < 10; i += 1) await carries(await play(), 1000);
    for (const client of silent) client.destroy();
    pool.endOf(C001, 'done');
    await until('nobody is connected', () => pool.summary().connections === 0);
  });

  it('goes by the rules that it is told, on each thread', async () => {
    await pool.close();
    await open();
    await play();
    Object.assign(rules, { vhosts: ['__defaultVhost__', '127.0.0.1'], identifyMs: 300 });
    pool.tellRules();
    // The kernel gives clients to the threads by their ports.
    await until('all threads have heard it', async () => {
      await play();
      return streams.length > 8 && streams.slice(-8).every((key) => key === '127.0.0.1/live/cam');
    });
    const silent = await Promise.all(Array.from({ length: 8 }, dial));
    await Promise.all(silent.map(gone));
    await until('all are counted', () => pool.summary().counters.failed.silent === 8);
    Object.assign(rules, { vhosts: ['__defaultVhost__'], identifyMs: 30_000 });
  });

  it('learns the address of a client from the proxies that it trusts', async () => {
    await pool.close();
    await open(0, ['127.0.0.1']);
    await carries(await play('PROXY TCP4 203.0.113.7 192.0.2.1 4444 1935\r\n'), 40);
    const [row] = await pool.rows();
    assert.equal(row?.client, '203.0.113.7:4444');
    const liar = await dial();
    const closed = gone(liar);
    liar.write(openingBytes(1935, 'cam'));
    await closed;
    await until('it is counted', () => pool.summary().counters.failed.invalid === 1);
    await pool.close();
    await open(0, ['192.0.2.9']);
    await gone(await dial());
    await until('it is counted', () => pool.summary().counters.failed.invalid === 1);
  });

  it('keeps to a limit for each address, whichever threads its clients come to', async () => {
    await pool.close();
    await open(3);
    for (let i = 0; i < 3; i += 1) await play();
    await until('three are relayed', () => pool.summary().connections === 3);
    // It may be reset before it knows that it is connected.
    const refused = connect({ host: '127.0.0.1', port: pool.address()?.port ?? 0 });
    sockets.add(refused);
    const closed = closing(refused);
    refused.write(openingBytes(1935, 'cam'));
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
