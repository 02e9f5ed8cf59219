import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { AcceptTurns, type AcceptTurnsOptions } from '../../src/listener/accept-turns.js';
import { Certificate } from '../../src/listener/certificate.js';
import { closePort } from '../../src/listener/tcp-port.js';
import { silentLogger } from '../../src/logging/logger.js';
import { acceptNext } from '../../src/relay/native/accept-next.js';
import { makeCertificate } from '../helpers/certificate.js';
import { httpListener } from '../helpers/http-listener.js';
import { until } from '../helpers/until.js';

const MANY = '127.0.0.2';
const ONE = '127.0.0.3';
const ROOM = { acceptNext, room: () => 1000 };

/** Opens connections in one turn of the event loop: all wait in the kernel when it accepts. */
function open(t: TestContext, port: number, from: readonly string[]): Socket[] {
  return from.map((localAddress) => {
    const client = connect({ host: '127.0.0.1', port, localAddress });
    t.after(() => client.destroy());
    return client.on('error', () => {});
  });
}

/** A server whose clients hear their own address, and the order in which it served them. */
async function serve(
  t: TestContext,
  options: AcceptTurnsOptions,
  served: (client: Socket, server: Server) => void = () => {},
) {
  const order: string[] = [];
  const server = createServer({ allowHalfOpen: true });
  new AcceptTurns(options).share(server, (client) => {
    order.push(client.remoteAddress ?? '');
    client.end(client.remoteAddress ?? '');
    client.once('end', () => client.destroy()).resume();
    served(client, server);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => closePort(server));
  return { order, port: (server.address() as AddressInfo).port };
}

async function textOf(client: Socket): Promise<string> {
  let text = '';
  client.on('data', (bytes) => {
    text += bytes;
  });
  if (!client.destroyed) await once(client, 'close');
  return text;
}

describe('accept turns', () => {
  it('let one address not wait for all connections of another', async (t) => {
    const { order, port } = await serve(t, ROOM);
    const from = [...Array<string>(60).fill(MANY), ONE];
    const texts = await Promise.all(open(t, port, from).map(textOf));
    assert.deepEqual(texts, from);
    assert.deepEqual(order.slice(0, 3), [MANY, ONE, MANY]);
  });

  it('keep the order of arrival where Node alone accepts', async (t) => {
    for (const options of [{}, { acceptNext, room: () => 0 }]) {
      const { order, port } = await serve(t, options);
      const from = [...Array<string>(20).fill(MANY), ONE];
      assert.deepEqual(await Promise.all(open(t, port, from).map(textOf)), from);
      assert.deepEqual(order, from);
    }
  });

  it('close those that still wait when their port closes', async (t) => {
    const { order, port } = await serve(t, ROOM, (_, server) => void server.close());
    const clients = open(t, port, [MANY, MANY, MANY]);
    await Promise.all(clients.map(textOf));
    assert.deepEqual(order, [MANY]);
  });

  it('serve HTTP on connections that Node has not accepted', async (t) => {
    const listener = await openHttp(t, null);
    const clients = open(t, listener.address()?.port ?? 0, Array<string>(40).fill(MANY));
    await allGetThePage(clients);
    assert.equal(listener.summary().counters.accepted, 40);
    await until('no client is left', () => listener.summary().connections === 0);
  });

  it('serve TLS clients that have spoken before their turn', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'srs-accept-turns-'));
    const tls = await Certificate.open(await makeCertificate(folder, 'turns'), silentLogger);
    const listener = await openHttp(t, tls);
    const clients: Socket[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      for (const socket of open(t, listener.address()?.port ?? 0, [MANY, ONE, MANY])) {
        clients.push(connectTls({ socket, rejectUnauthorized: false }));
      }
      await nextTurn();
    }
    await allGetThePage(clients);
    tls.close();
    await rm(folder, { recursive: true });
  });
});

/** An HTTP port with one page, which takes longer than connections begin in one turn. */
async function openHttp(t: TestContext, tls: Certificate | null) {
  const page = async () => {
    for (const until = performance.now() + 2; performance.now() < until; );
    return 'a page';
  };
  const listener = httpListener({
    plugins: [async (app) => void app.get('/', page)],
    acceptTurns: new AcceptTurns(ROOM),
    tls,
  });
  await listener.start();
  t.after(() => listener.close());
  return listener;
}

async function allGetThePage(clients: readonly Socket[]): Promise<void> {
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  for (const client of clients) client.once('data', () => client.end());
  const texts = await Promise.all(clients.map(textOf));
  for (const text of texts) assert.match(text, /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\na page$/);
}
