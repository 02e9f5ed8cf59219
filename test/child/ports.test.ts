import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { ephemeralOverlap, leasePorts, PORT_STRIDE } from '../../src/child/ports.js';
import { CHILD_PORT_BASE } from '../helpers/ports.js';

/** Clear of what other files lease, for many blocks; a few fit into this process's own range. */
const MANY_BASE = 31_000;

async function listen(port: number, host?: string): Promise<Server> {
  const server = createServer();
  server.listen({ port, ...(host === undefined ? {} : { host }) });
  await once(server, 'listening');
  return server;
}

test('256 children get ports that nobody has, and give them back', async () => {
  const leases = await leasePorts(256, MANY_BASE);
  const all = leases.flatMap(({ ports }) => Object.values(ports));
  assert.equal(new Set(all).size, 256 * 5);
  assert.ok(leases.every(({ ports }) => ports.rtmp % PORT_STRIDE === MANY_BASE % PORT_STRIDE));
  await Promise.all(leases.map((lease) => lease.release()));
});

test('two that lease at one time never get the same', async () => {
  const both = await Promise.all([leasePorts(40, MANY_BASE), leasePorts(40, MANY_BASE)]);
  const leases = both.flat();
  assert.equal(new Set(leases.map(({ ports }) => ports.rtmp)).size, 80);
  await Promise.all(leases.map((lease) => lease.release()));
});

test('a block with a taken port is passed over', async () => {
  const [probe] = await leasePorts(1, CHILD_PORT_BASE);
  assert.ok(probe);
  await probe.release();
  for (const host of ['127.0.0.1', '0.0.0.0', undefined]) {
    for (const port of [probe.ports.rtmp, probe.ports.api, probe.ports.http]) {
      const server = await listen(port, host);
      const [lease] = await leasePorts(1, probe.ports.rtmp);
      assert.ok(lease && lease.ports.rtmp > probe.ports.rtmp, `${host}:${port}`);
      await lease.release();
      server.close();
      await once(server, 'close');
    }
  }
});

test('a block with a taken UDP port is passed over', async () => {
  const [probe] = await leasePorts(1, CHILD_PORT_BASE);
  assert.ok(probe);
  await probe.release();
  for (const port of [probe.ports.rtc, probe.ports.srt]) {
    const socket = createSocket('udp4');
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    const [lease] = await leasePorts(1, probe.ports.rtmp);
    assert.ok(lease && lease.ports.rtmp > probe.ports.rtmp, `udp ${port}`);
    await lease.release();
    socket.close();
    await once(socket, 'close');
  }
});

test('a lease notices that its port was taken meanwhile', async () => {
  const [lease] = await leasePorts(1, CHILD_PORT_BASE);
  assert.ok(lease);
  assert.equal(await lease.areFree(), true);
  const server = await listen(lease.ports.api, '127.0.0.1');
  assert.equal(await lease.areFree(), false);
  server.close();
  await lease.release();
});

test('where the ports end is an error that names the key', async () => {
  await assert.rejects(leasePorts(10, 65_500), {
    code: 'ERR_CONFIG',
    message:
      /^children\.portBase: 10 children need 5 free ports each from 65500 up, there are \d such/,
  });
});

test('ports that outgoing connections may take are warned of', async () => {
  const low = await leasePorts(1, CHILD_PORT_BASE);
  const high = await leasePorts(1, 40_000);
  assert.equal(await ephemeralOverlap(low), null);
  assert.match((await ephemeralOverlap(high)) ?? '', /^children\.portBase: port 4\d+ lies in/);
  await Promise.all([...low, ...high].map((lease) => lease.release()));
});
