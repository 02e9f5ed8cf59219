import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { exchange, type Question } from '../../src/child-access/exchange.js';

const QUESTIONS: Question[] = [
  { method: 'GET', path: '/a' },
  { method: 'DELETE', path: '/b?c=d' },
];

/** A child's port that does with a connection what the test says. */
async function serving(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function answer(body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

test('all questions go in one flight, and answers come in their order, however cut', async (t) => {
  let asked = '';
  const port = await serving(t, (socket) => {
    socket.setNoDelay(true).on('data', async (bytes) => {
      asked += bytes;
      const text = Buffer.from(answer('größe') + answer(''));
      for (const byte of text) {
        socket.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
    });
  });
  assert.deepEqual(
    await exchange({ purpose: 'api', port, authorization: 'Basic eA==' }, QUESTIONS),
    ['größe', ''],
  );
  const lines = asked.split('\r\n').filter((line) => /^(GET|DELETE|Auth)/.test(line));
  const proof = 'Authorization: Basic eA==';
  assert.deepEqual(lines, ['GET /a HTTP/1.1', proof, 'DELETE /b?c=d HTTP/1.1', proof]);
});

const BOUNDS = { bytes: 1000, totalMs: 300, json: { depth: 4, bytesEach: 8 } };

test('an answer that never ends is ended, however steadily it comes', async (t) => {
  const port = await serving(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 10);
    socket.on('close', () => clearInterval(timer));
  });
  const asked = exchange({ purpose: 'api', port, authorization: null, bounds: BOUNDS }, QUESTIONS);
  await assert.rejects(asked, /not done within 0.3 s/);
});

test('all answers together have a bound, and so have their JSON and a length that is only announced', async (t) => {
  const ask = async (text: string) => {
    const port = await serving(t, (socket) => socket.write(text));
    return exchange({ purpose: 'api', port, authorization: null, bounds: BOUNDS }, QUESTIONS);
  };
  const tooLong = { name: 'Error', message: 'its answer has more than 1000 bytes', status: null };
  await assert.rejects(ask(answer('x'.repeat(480)) + answer('x'.repeat(480))), tooLong);
  await assert.rejects(ask('HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n'), tooLong);
  await assert.rejects(ask(answer('[[[[[]]]]]') + answer('')), /nested deeper than 4/);
  assert.deepEqual(await ask(answer('[[[[]]]]') + answer('{}')), ['[[[[]]]]', '{}']);
});

test('an answer that is none, a connection that ends, and nobody there are errors', async (t) => {
  const to = (port: number) => exchange({ purpose: 'api', port, authorization: null }, QUESTIONS);
  const refusing = await serving(t, (socket) => socket.write(answer('', '401 Unauthorized')));
  await assert.rejects(to(refusing), /status 401/);
  const garbled = await serving(t, (socket) => socket.write('hello\r\n\r\n'));
  await assert.rejects(to(garbled), /no status line/);
  const ending = await serving(t, (socket) => socket.end(answer('x')));
  await assert.rejects(to(ending), /closed too early/);
  const silent = await serving(t, () => {});
  await assert.rejects(to(silent), /silent/);
});
