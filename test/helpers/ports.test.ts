import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort, isPortFree } from './ports.js';

const port = await freePort();

test('a port that TCP has is not free', async () => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(await isPortFree(port), false);
  await once(server.close(), 'close');
});

for (const host of ['0.0.0.0', '127.0.0.1']) {
  test(`a port that UDP has at ${host} is not free`, async () => {
    const socket = createSocket('udp4').bind(port, host);
    await once(socket, 'listening');
    assert.equal(await isPortFree(port), false);
    await once(socket.close(), 'close');
  });
}
