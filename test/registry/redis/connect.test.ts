import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connectRedis } from '../../../src/registry/redis/connect.js';
import { RedisServer } from '../../helpers/redis.js';
import { TcpHop } from '../../helpers/tcp-hop.js';
import { until } from '../../helpers/until.js';

async function listen(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => serve(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function assertRefused(url: string, message: RegExp): Promise<void> {
  await assert.rejects(connectRedis(url), { code: 'ERR_CONFIG', message });
}

test('a server that is not there is told of in one line without the password', async () => {
  const line =
    /^registry: cannot use redis:\/\/\*\*\*@127.0.0.1:1: the connection was refused \(127.0.0.1:1\); start it/;
  await assertRefused('redis://:hidden@127.0.0.1:1', line);
});

test('a server that speaks another protocol is refused', async (t) => {
  const port = await listen(t, (socket) =>
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  const line = /127.0.0.1:\d+: the server there does not speak the Redis protocol; /;
  await assertRefused(`redis://127.0.0.1:${port}`, line);
});

test('a server that says nothing is refused in bounded time', async (t) => {
  const port = await listen(t, (socket) => socket.resume());
  await assertRefused(`redis://127.0.0.1:${port}`, /it accepts a connection, but does not answer;/);
});

/** Answers as Redis 3.2 does, as far as we ask before we know: no such program is at hand. */
function serveAsOld(socket: Socket): void {
  const info = '# Server\r\nredis_version:3.2.13\r\nredis_mode:standalone\r\nrole:master\r\n';
  socket.on('data', (bytes) => {
    for (const command of bytes.toString().split(/(?=^\*\d)/m)) {
      const isInfo = /\binfo\b/i.test(command);
      socket.write(isInfo ? `$${info.length}\r\n${info}\r\n` : '-ERR Syntax error\r\n');
    }
  });
}

test('a server that is too old is refused by its version', async (t) => {
  const port = await listen(t, serveAsOld);
  await assertRefused(`redis://127.0.0.1:${port}`, /: version 3.2.13 is too old, 5 or later/);
});

test('a password that is missing or wrong is told of, and the right one serves', async (t) => {
  const server = await RedisServer.start('--requirepass', 'right');
  t.after(() => server.dispose());
  await assertRefused(server.url, /: it refuses us \(NOAUTH/);
  const at = `127.0.0.1:${server.port}`;
  await assertRefused(`redis://:wrong@${at}`, /redis:\/\/\*\*\*@.* it refuses us \(WRONGPASS/);
  const { client, version } = await connectRedis(`redis://:right@${at}`);
  client.disconnect();
  assert.match(version, /^\d+\./);
});

test('a server of another kind is named as what it is', async (t) => {
  const node = await RedisServer.start('--cluster-enabled', 'yes');
  t.after(() => node.dispose());
  await assertRefused(node.url, /: it is a node of a Redis Cluster: write redis\+cluster:/);
  const replica = await RedisServer.start('--replicaof', '127.0.0.1', '1');
  t.after(() => replica.dispose());
  await assertRefused(replica.url, /: it is a replica: /);
  const asCluster = `redis+cluster://127.0.0.1:${replica.port}`;
  await assertRefused(asCluster, /: it is no Redis Cluster: write redis:/);
  await assertRefused('redis+sentinel://127.0.0.1:1/any', /: no Redis server answers there/);
});

test('a connection on which nothing comes back is made anew', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const hop = await TcpHop.open(server.port);
  t.after(() => hop.close());
  const { client } = await connectRedis(`redis://127.0.0.1:${hop.port}`);
  t.after(() => client.disconnect());
  hop.loseOpen();
  await assert.rejects(client.get('any'), /timed out/);
  await until('an answer', () =>
    client.get('any').then(
      () => true,
      () => false,
    ),
  );
});
