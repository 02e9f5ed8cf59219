import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { TrustedProxies } from '../../../src/listener/client-address.js';
import { HttpListener, type HttpListenerOptions } from '../../../src/listener/http/listener.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { BAD_REQUESTS } from '../../helpers/bad-requests.js';

/** Sends bytes, and reads until the other side closes. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write(Buffer.from(text, 'latin1'));
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(answer));
  });
}

describe('bad HTTP', { timeout: 120_000 }, () => {
  let listener: HttpListener;
  let served: string[] = [];
  const options: HttpListenerOptions = {
    name: 'listen.http',
    address: { host: '127.0.0.1', port: 0 },
    tls: null,
    trusted: new TrustedProxies([]),
    proxyProtocol: false,
    limits: { connections: 100, connectionsPerIp: 0 },
    identifyMs: 30_000,
    plugins: [
      async (app) => {
        app.all('/*', async (request) => {
          served.push(`${request.method} ${request.url}`);
          return 'served';
        });
      },
    ],
    live: null,
    logger: silentLogger,
  };
  before(async () => {
    listener = new HttpListener(options);
    await listener.start();
  });
  after(() => listener.close());

  it('a head that drips too slowly: 408', async () => {
    const slow = new HttpListener({ ...options, identifyMs: 200 });
    await slow.start();
    const port = slow.address()?.port ?? 0;
    const answers = await Promise.all([exchange(port, ''), exchange(port, 'GET /page HT')]);
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(slow.summary().counters.failed.silent, 2);
    await slow.close();
  });

  for (const { name, text, status, serves = [] } of BAD_REQUESTS) {
    it(`${name}: ${status}`, async () => {
      served = [];
      const answer = await exchange(listener.address()?.port ?? 0, text);
      const last = [...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].at(-1)?.[1];
      assert.equal(Number(last), status, answer);
      assert.deepEqual(served, serves);
    });
  }
});
