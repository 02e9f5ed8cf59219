import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ChildCalls } from '../../src/api/child-calls.js';
import { probeBoth } from '../../src/child/probe.js';
import { askChild } from '../../src/child-access/ask.js';
import { OF_CHILDREN } from '../../src/child-access/exchange.js';
import { takePlace } from '../../src/child-access/places.js';
import {
  OWN_CONNECTIONS,
  type Purpose,
  RESERVED_CONNECTIONS,
} from '../../src/child-access/reserve.js';
import { askChild as askHls } from '../../src/hls/ask-child.js';
import { OwnerApi } from '../../src/hooks/owner-api.js';
import { dial } from '../../src/listener/dial.js';
import { keepSource } from '../../src/listener/source-keeper.js';
import { streamKey } from '../../src/stream-key.js';
import { until } from '../helpers/until.js';

const PURPOSES = Object.keys(OWN_CONNECTIONS) as Purpose[];

it('all purposes together are below the reserve of a child', () => {
  const sum = PURPOSES.reduce((total, purpose) => total + OWN_CONNECTIONS[purpose], 0);
  assert.ok(sum < RESERVED_CONNECTIONS, `${sum} of ${RESERVED_CONNECTIONS}`);
});

describe('places of one purpose', () => {
  const port = 1;

  it('are handed on in the order of waiting, and left by who gives up', async () => {
    const most = OWN_CONNECTIONS.api;
    const leaves = await Promise.all(
      Array.from({ length: most }, () => takePlace('api', { port })),
    );
    const order: string[] = [];
    const giveUp = new AbortController();
    const gone = takePlace('api', { port }, giveUp.signal);
    const first = takePlace('api', { port }).then((leave) => {
      order.push('first');
      return leave;
    });
    const second = takePlace('api', { port }).then((leave) => {
      order.push('second');
      return leave;
    });
    giveUp.abort(new Error('no more'));
    await assert.rejects(gone, /no more/);
    await assert.rejects(takePlace('api', { port }, AbortSignal.abort()), { name: 'AbortError' });
    leaves.pop()?.();
    const leaveFirst = await first;
    assert.deepEqual(order, ['first']);
    leaveFirst();
    leaves.push(await second);
    assert.deepEqual(order, ['first', 'second']);
    // Other purposes, ports and children have places of their own.
    (await takePlace('hooks', { port }))();
    (await takePlace('api', { port: 2 }))();
    (await takePlace('api', { port, child: 'c002-1' }))();
    for (const leave of leaves) leave();
  });

  it('are waited for by 256 and no more', async () => {
    const giveUp = new AbortController();
    const most = OWN_CONNECTIONS.hooks;
    const take = () => takePlace('hooks', { port }, giveUp.signal);
    const leaves = await Promise.all(Array.from({ length: most }, take));
    const waiting = Array.from({ length: 256 }, () => take().catch(() => null));
    await assert.rejects(take(), { code: 'EBUSY' });
    giveUp.abort();
    assert.ok((await Promise.all(waiting)).every((leave) => leave === null));
    for (const leave of leaves) leave();
    (await takePlace('hooks', { port }))();
  });
});

describe('a child that answers nobody', { timeout: 60_000 }, () => {
  let child: Server;
  let port = 0;
  let most = 0;
  const open = new Set<Socket>();
  const leaving = new AbortController();
  const { signal } = leaving;

  beforeEach(async () => {
    child = createServer((socket) => {
      open.add(socket.on('error', () => {}).resume());
      most = Math.max(most, open.size);
      socket.once('close', () => open.delete(socket));
    }).listen(0, '127.0.0.1');
    await once(child, 'listening');
    port = (child.address() as AddressInfo).port;
  });
  afterEach(() => {
    for (const socket of open) socket.destroy();
    child.close();
  });

  it('has no more connections of ours than are reserved, whatever we want of it', async () => {
    const host = '127.0.0.1';
    const ports = { rtmp: port, http: port, api: port, rtc: port, srt: port };
    const owner = { id: 'c001', generation: 1 };
    const api = { ...owner, ready: true, pid: 1, port, authorization: null, bounds: OF_CHILDREN };
    const ask = { target: '/live/s.m3u8', host: 'box', rawHeaders: [], ip: '192.0.2.1', signal };
    const hooks = new OwnerApi(() => ({ port, authorization: null }));
    const stream = streamKey({ vhost: 'v', app: 'a', stream: 's' });
    const calls = new ChildCalls();
    const question = { method: 'DELETE', path: '/rtc/v1/whip/', headers: {} };
    const keepers: Promise<() => void>[] = [];
    const wants: (() => Promise<unknown>)[] = [
      () => askHls({ host, port }, ask, 'hlsSession'),
      () => askHls({ host, port }, ask, 'hlsPlaylist'),
      () => askHls({ host, port }, ask, 'hlsSegment'),
      () => hooks.isLive({ owner, stream, streamId: '1', clientId: '1' }),
      () => askChild({ port }, question, { purpose: 'signalling', signal }),
      () => takePlace('ice', { port }, signal).then(dialOnce),
      () => takePlace('peer', { port }, signal).then(dialOnce),
    ];
    const all: Promise<unknown>[] = wants.flatMap((want) =>
      Array.from({ length: 120 }, () => want().catch(() => {})),
    );
    for (let count = 0; count < 120; count += 1) {
      keepers.push(keepSource(stream, { host, ports }, 100));
    }
    for (let count = 0; count < 12; count += 1) all.push(calls.ask(api, '/').catch(() => {}));
    all.push(probeBoth({ ports, pid: 1, authorization: null }, 2000));
    const busy = ['hlsSession', 'hlsPlaylist', 'hlsSegment', 'signalling', 'keeper'] as const;
    const least = busy.reduce((sum, purpose) => sum + OWN_CONNECTIONS[purpose], 0);
    await until('all places are taken', () => most >= least);
    for (const leave of await Promise.all(keepers)) leave();
    leaving.abort();
    await Promise.all(all);
    await until('nobody is connected', () => open.size === 0);
    assert.ok(most < RESERVED_CONNECTIONS, `${most} connections`);
  });

  async function dialOnce(leave: () => void): Promise<void> {
    const socket = await dial({ host: '127.0.0.1', port, localAddress: null }, signal);
    signal.addEventListener('abort', () => socket.destroy());
    socket.once('close', leave).on('error', () => {});
  }
});
