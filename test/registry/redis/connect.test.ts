import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { connectRedis } from '../../../src/registry/redis/connect.js';

test('a server that is not there is told of in one line without the password', async () => {
  await assert.rejects(connectRedis('redis://:hidden@127.0.0.1:1'), {
    code: 'ERR_CONFIG',
    message: /^registry: cannot use redis:\/\/\*\*\*@127.0.0.1:1: connect ECONNREFUSED/,
  });
});

test('a server that speaks another protocol is refused', async (t) => {
  const web = createServer((socket) => {
    socket.on('error', () => {}).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  t.after(() => web.close());
  const { port } = web.address() as AddressInfo;
  const connecting = connectRedis(`redis://127.0.0.1:${port}`);
  await assert.rejects(connecting, { code: 'ERR_CONFIG', message: /^registry: cannot use redis:/ });
});
