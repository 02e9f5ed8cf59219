import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { TokenBuckets } from '../../../src/collections/token-buckets.js';
import { TrustedProxies } from '../../../src/listener/client-address.js';
import type { HttpListener } from '../../../src/listener/http/listener.js';
import { limitRate } from '../../../src/listener/http/rate-limit.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { httpGet } from '../../helpers/http-get.js';
import { httpListener } from '../../helpers/http-listener.js';

let listener: HttpListener;
const clock = { now: 0 };
const buckets = new TokenBuckets({ perSecond: 1, now: () => clock.now });

before(async () => {
  listener = httpListener({
    name: 'listen.api',
    trusted: new TrustedProxies(['127.0.0.1']),
    plugins: [
      limitRate(
        async (app) => {
          app.get('/api', async () => 'api');
        },
        {
          bucketsOf: ({ method }) => (method === 'GET' ? buckets : null),
          nameOf: () => 'apiRequestsPerIp',
          logger: silentLogger,
        },
      ),
      async (app) => {
        app.get('/page', async () => 'page');
      },
    ],
  });
  await listener.start();
});
after(() => listener.close());

it('counts requests of a plugin by the true address, and of no other plugin', async () => {
  const url = `http://127.0.0.1:${listener.address()?.port}`;
  const from = (ip: string) => ({ 'x-forwarded-for': ip, origin: 'http://page.example' });
  for (let i = 0; i < 5; i += 1) {
    assert.equal((await httpGet(`${url}/api`, from('192.0.2.1'))).status, 200);
  }
  const { status, headers, body } = await httpGet(`${url}/api`, from('192.0.2.1'));
  assert.equal(status, 429);
  assert.equal(headers['retry-after'], '1');
  assert.equal(headers.connection, 'close');
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(body.toString(), 'Too Many Requests: from this address\n');
  assert.equal(listener.summary().counters.failed.apiRequestsPerIp, 1);
  assert.equal((await httpGet(`${url}/api`, from('192.0.2.2'))).status, 200);
  assert.equal((await httpGet(`${url}/page`, from('192.0.2.1'))).status, 200);
  clock.now += 1000;
  assert.equal((await httpGet(`${url}/api`, from('192.0.2.1'))).status, 200);
});
