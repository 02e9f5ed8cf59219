import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpListener } from '../../../src/listener/http/listener.js';
import { httpListener } from '../../helpers/http-listener.js';
import { until } from '../../helpers/until.js';

const MIB = 1024 * 1024;
const GET = 'GET /page HTTP/1.1\r\nHost: box\r\n\r\n';
const LAST = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

/** Sends a text, and reads all that comes until the other side ends. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = await open(port);
  socket.write(text);
  let answer = '';
  for await (const bytes of socket) answer += bytes;
  return answer;
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

describe('requests on one connection', { timeout: 300_000 }, () => {
  let listener: HttpListener;
  /** Requests that are worked at now, the most at one time, and all. */
  let [open_, peak, all] = [0, 0, 0];
  /** Answers wait for it. */
  let gate: Promise<unknown> = Promise.resolve();
  let serveMs = 0;
  afterEach(() => listener.close());

  async function start(sendMs?: number): Promise<number> {
    [open_, peak, all, serveMs] = [0, 0, 0, 0];
    gate = Promise.resolve();
    listener = httpListener({
      ...(sendMs === undefined ? {} : { sendMs }),
      plugins: [
        async (app) => {
          app.addHook('onRequest', async () => {
            open_ += 1;
            all += 1;
            peak = Math.max(peak, open_);
          });
          app.addHook('onSend', async () => {
            open_ -= 1;
          });
          app.get('/page', async () => {
            await gate;
            if (serveMs > 0) await delay(serveMs);
            return 'a page\n';
          });
          app.post('/echo', async (request) => request.body);
          app.get('/large', async () => Buffer.alloc(64 * MIB, 'x'));
        },
      ],
    });
    await listener.start();
    return listener.address()?.port ?? 0;
  }

  it('serves other connections between two requests of one', async () => {
    const port = await start();
    const [busy, other] = [await open(port), await open(port)];
    for (const socket of [busy, other]) {
      socket.write(GET);
      await once(socket, 'data');
    }
    busy.resume().write(GET.repeat(500));
    await until('the first of many', () => all > 2);
    other.write(GET);
    await once(other, 'data');
    assert.ok(all < 100, `${all} requests were served before`);
    busy.destroy();
    other.destroy();
  });

  it('are answered in order, one at a time, with their bodies', async () => {
    const port = await start();
    const body = 'one\r\n\r\ntwo\n\nthree';
    const head = `POST /echo HTTP/1.1\r\nHost: box\r\nContent-Type: text/plain\r\n`;
    const whole = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    const chunks = `${head}Transfer-Encoding: chunked\r\n\r\n5\r\none\r\n\r\n2\r\n\n\n\r\n0\r\n\r\n`;
    const answer = await exchange(port, (GET + whole + chunks).repeat(100) + LAST);
    assert.equal(count(answer, 'HTTP/1.1 200 OK'), 301);
    assert.equal(count(answer, 'a page'), 101);
    assert.equal(count(answer, body), 100);
    assert.equal(all, 301);
    assert.ok(peak <= 2, `${peak} at one time`);
  });

  it('come as they may, byte by byte', async () => {
    const port = await start();
    const socket = await open(port);
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    for (const byte of `${GET}${GET}${LAST}`) socket.write(byte);
    await once(socket, 'end');
    assert.equal(count(answer, 'a page'), 3);
    assert.equal(peak, 1);
    socket.destroy();
  });

  it('are not read as long as one is not answered', async () => {
    const port = await start();
    let release: (value?: unknown) => void = () => {};
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const socket = await open(port);
    const flood = Buffer.from(GET.repeat(Math.ceil((24 * MIB) / GET.length)));
    socket.write(flood);
    await until('one is worked at', () => all === 1);
    // Somebody else is served meanwhile.
    assert.match(await exchange(port, LAST.replace('/page', '/none')), /^HTTP\/1\.1 404 /);
    assert.ok(socket.writableLength > 0, 'the flood was taken');
    assert.equal(all, 1);
    release();
    socket.resume();
    await until('the flood is worked at', () => all > 100);
    assert.equal(peak, 1);
    socket.destroy();
  });

  it('have their turn, whatever node:http would say of them itself', async () => {
    const port = await start();
    const expecting = GET.replace('\r\n\r\n', '\r\nExpect: nonsense\r\n\r\n');
    const answer = await exchange(port, expecting.repeat(900) + LAST);
    assert.equal(count(answer, 'HTTP/1.1 417 '), 900);
    assert.equal(count(answer, 'a page'), 1);
    const hostless = await exchange(port, 'GET /page HTTP/1.1\r\n\r\n'.repeat(300));
    assert.equal(count(hostless, 'HTTP/1.1 400 '), 1);
    assert.equal(count(await exchange(port, 'GET /page HTTP/1.0\r\n\r\n'), 'a page'), 1);
  });

  it('are so many, and then it is closed', async () => {
    const port = await start();
    const answer = await exchange(port, GET.repeat(1200));
    assert.equal(count(answer, 'a page'), 1000);
    assert.equal(count(answer, 'Connection: close'), 1);
    assert.equal(all, 1000);
  });

  it('are answered although their client has nothing more to say', async () => {
    const port = await start();
    serveMs = 20;
    for (const text of [GET, GET + GET]) {
      const socket = await open(port);
      socket.end(text);
      let answer = '';
      for await (const bytes of socket) answer += bytes;
      assert.equal(count(answer, 'a page'), count(text, 'GET'));
    }
    await until('all have left', () => listener.summary().connections === 0);
  });

  it('end where nobody reads the answer', async () => {
    const port = await start(300);
    const socket = await open(port);
    socket.pause().write(GET.replace('/page', '/large'));
    await until('it is asked', () => all === 1);
    await until('it is gone', () => listener.summary().connections === 0);
    const closed = new Promise((resolve) => socket.resume().once('close', resolve));
    socket.end();
    await closed;
    assert.ok(socket.bytesRead < 64 * MIB, `${socket.bytesRead} bytes`);
  });

  it('may take longer than an answer may be unread', async () => {
    const port = await start(2000);
    serveMs = 3000;
    const [page, large] = await Promise.all([
      exchange(port, LAST),
      exchange(port, LAST.replace('/page', '/large')),
    ]);
    assert.equal(count(page, 'a page'), 1);
    assert.ok(large.length > 64 * MIB);
  });
});
