import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { Certificate } from '../../../src/listener/certificate.js';
import { TrustedProxies } from '../../../src/listener/client-address.js';
import type { HttpListener, HttpListenerOptions } from '../../../src/listener/http/listener.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { makeCertificate } from '../../helpers/certificate.js';
import { exchange, httpListener } from '../../helpers/http-listener.js';
import { until } from '../../helpers/until.js';

let listener: HttpListener;
let hanging: unknown[] = [];

async function open(options: Partial<HttpListenerOptions> = {}): Promise<number> {
  listener = httpListener({
    trusted: new TrustedProxies(['127.0.0.1']),
    plugins: [
      async (app) => {
        app.get('/who', async (request) => request.clientAddress);
        app.get('/hang', (_request, reply) => void hanging.push(reply));
      },
    ],
    ...options,
  });
  await listener.start();
  return listener.address()?.port ?? 0;
}

const CLOSE = 'Host: a\r\nConnection: close\r\n\r\n';
const WHO = `GET /who HTTP/1.1\r\n${CLOSE}`;
const HANG = `GET /hang HTTP/1.1\r\n${CLOSE}`;

afterEach(() => {
  hanging = [];
  return listener.close();
});

describe('an HTTP listener', () => {
  it('serves its plugins, and says who the client is', async () => {
    const port = await open({ trusted: new TrustedProxies([]) });
    const response = await fetch(`http://127.0.0.1:${port}/who`, {
      headers: { 'x-forwarded-for': '1.2.3.4' },
    });
    const { ip, port: from } = (await response.json()) as { ip: string; port: number };
    assert.equal(ip, '127.0.0.1');
    assert.ok(from > 0);
    assert.equal((await fetch(`http://127.0.0.1:${port}/nothing`)).status, 404);
    assert.equal(listener.summary().counters.failed.invalid, 0);
  });

  it('believes a trusted proxy', async () => {
    const port = await open();
    const headers = { 'x-forwarded-for': '6.6.6.6, 1.2.3.4' };
    const response = await fetch(`http://127.0.0.1:${port}/who`, { headers });
    assert.deepEqual(await response.json(), { ip: '1.2.3.4', port: 0 });
  });

  it('reads PROXY headers, whole and in parts', async () => {
    const port = await open({ proxyProtocol: true });
    const line = 'PROXY TCP4 1.2.3.4 10.0.0.1 12345 443\r\n';
    assert.match(await exchange(port, line + WHO), /"ip":"1.2.3.4","port":12345/);
    assert.match(await exchange(port, line, WHO), /"ip":"1.2.3.4","port":12345/);
    assert.match(await exchange(port, `PROXY UNKNOWN\r\n${WHO}`), /"ip":"127.0.0.1"/);
    assert.equal(await exchange(port, WHO), '');
    assert.equal(listener.summary().counters.failed.invalid, 1);
  });

  it('tells two connections apart that come from one port to two addresses of ours', async () => {
    const port = await open({ proxyProtocol: true, address: { host: '0.0.0.0', port: 0 } });
    const ask = async (host: string, ip: string, localPort?: number) => {
      const socket = connect({
        port,
        host,
        localAddress: '127.0.0.1',
        ...(localPort && { localPort }),
      });
      socket.setEncoding('latin1').write(`PROXY TCP4 ${ip} 10.0.0.1 12345 443\r\n`);
      await once(socket, 'connect');
      return socket;
    };
    const first = await ask('127.0.0.1', '192.0.2.1');
    const second = await ask('127.0.0.2', '192.0.2.2', first.localPort);
    assert.equal(second.localPort, first.localPort);
    await until('both are in', () => listener.summary().connections === 2);
    second.destroy();
    await until('the second has left', () => listener.summary().connections === 1);
    first.write(WHO);
    const [answer] = await once(first, 'data');
    assert.match(String(answer), /"ip":"192.0.2.1"/);
    first.destroy();
  });

  it('reads PROXY headers before TLS, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'srs-front-'));
    const tls = await Certificate.open(await makeCertificate(folder, 'listener'), silentLogger);
    const port = await open({ proxyProtocol: true, tls });
    for (const pause of [0, 50]) {
      const raw = connect({ port, host: '127.0.0.1' });
      raw.write('PROXY TCP4 1.2.3.4 10.0.0.1 12345 443\r\n');
      await delay(pause);
      const secure = connectTls({ socket: raw, rejectUnauthorized: false });
      secure.write(WHO);
      let answer = '';
      for await (const bytes of secure) answer += bytes;
      assert.match(answer, /"ip":"1.2.3.4","port":12345/);
    }
    await until('all have left', () => listener.summary().connections === 0);
    tls.close();
    await rm(folder, { recursive: true });
  });

  it('lets nobody in past the load balancer', async () => {
    const port = await open({ proxyProtocol: true, trusted: new TrustedProxies(['10.0.0.1']) });
    assert.equal(await exchange(port, `PROXY TCP4 1.2.3.4 10.0.0.1 12345 443\r\n${WHO}`), '');
    assert.equal(listener.summary().counters.failed.invalid, 1);
  });

  it('keeps to its limits, and forgets who has left', async () => {
    const port = await open({ limits: { connections: 1, connectionsPerIp: 0 } });
    const held = connect({ port, host: '127.0.0.1' });
    held.write(HANG);
    await until('it is served', () => hanging.length === 1);
    assert.match(await exchange(port, WHO), /^HTTP\/1.1 503 .*\r\nRetry-After: 1\r\n/s);
    assert.equal(listener.summary().counters.refusedBy.connections, 1);
    held.resetAndDestroy();
    await until('it has left', () => listener.summary().connections === 0);
    assert.match(await exchange(port, WHO), /^HTTP\/1.1 200/);
  });

  it('closes who asks for nothing, or nothing more, for who comes', async () => {
    const port = await open({ limits: { connections: 2, connectionsPerIp: 0 } });
    const silent = exchange(port);
    await until('it is in', () => listener.summary().connections === 1);
    const kept = connect(port, '127.0.0.1');
    const keptIsGone = once(kept, 'close');
    await until('both are in', () => listener.summary().connections === 2);
    kept.write('GET /who HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(kept, 'data');
    assert.match(await exchange(port, WHO), /^HTTP\/1.1 200/);
    assert.match(await silent, /^HTTP\/1.1 503 /);
    const busy = connect(port, '127.0.0.1');
    busy.write(HANG);
    await until('it is served', () => hanging.length === 1);
    assert.match(await exchange(port, WHO), /^HTTP\/1.1 200/);
    await keptIsGone;
    assert.equal(listener.summary().counters.failed.shed, 2);
    assert.equal(busy.closed, false);
    busy.destroy();
  });
});
