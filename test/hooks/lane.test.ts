import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Lane } from '../../src/hooks/lane.js';
import { until } from '../helpers/until.js';
import { hangs, UserHooks } from './hook-server.js';

const REQUEST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
} as const;

function laneTo(t: TestContext, url: string): Lane {
  const lane = new Lane(url);
  t.after(() => lane.close());
  return lane;
}

function never(): AbortSignal {
  return new AbortController().signal;
}

test('a kept connection that the server has closed costs no call', async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      // Resets a second request on one connection, as a server does that has just closed it.
      if (socket.bytesWritten > 0) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const lane = laneTo(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const expected of [1, 2, 3]) {
    assert.equal((await lane.call({ ...REQUEST, signal: never() })).body, '0');
    assert.ok(sockets.length >= expected);
    await new Promise(setImmediate);
  }
});

test('a server that hangs gets so many calls at a time, and so many wait', async (t) => {
  const user = await UserHooks.start();
  t.after(() => user.close());
  user.replies.set('undefined', hangs);
  const lane = laneTo(t, user.url);
  const stop = new AbortController();
  const calls: Promise<unknown>[] = [];
  while (!lane.isFull && calls.length < 5000) {
    // Each has a signal of its own, as calls for clients have.
    const signal = AbortSignal.any([stop.signal]);
    calls.push(lane.call({ ...REQUEST, signal }).catch(() => null));
  }
  assert.ok(calls.length < 5000);
  await until('the first ones are there', () => user.calls.length >= 64);
  assert.equal(user.calls.length, 64);
  stop.abort();
  await Promise.all(calls);
  assert.equal(lane.isFull, false);
});

test('of a long answer only the beginning is read', async (t) => {
  const user = await UserHooks.start();
  t.after(() => user.close());
  user.replies.set('undefined', (response) => response.end('x'.repeat(10_000_000)));
  const { body } = await laneTo(t, user.url).call({ ...REQUEST, signal: never() });
  assert.ok(body.length < 1_000_000);
});
