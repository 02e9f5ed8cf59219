import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { HttpListener, HttpListenerOptions } from '../../../src/listener/http/listener.js';
import { BAD_REQUESTS } from '../../helpers/bad-requests.js';
import { exchange, httpListener } from '../../helpers/http-listener.js';

describe('bad HTTP', { timeout: 120_000 }, () => {
  let listener: HttpListener;
  let served: string[] = [];
  const options: Partial<HttpListenerOptions> = {
    plugins: [
      async (app) => {
        app.all('/*', async (request) => {
          served.push(`${request.method} ${request.url}`);
          return 'served';
        });
      },
    ],
  };
  before(async () => {
    listener = httpListener(options);
    await listener.start();
  });
  after(() => listener.close());

  it('a head that drips too slowly: 408', async () => {
    const slow = httpListener({ ...options, identifyMs: 200 });
    await slow.start();
    const port = slow.address()?.port ?? 0;
    const answers = await Promise.all([exchange(port, ''), exchange(port, 'GET /page HT')]);
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.equal(slow.summary().counters.failed.silent, 2);
    await slow.close();
  });

  it('a head that drips too slowly for a limit that was changed: 408', async () => {
    const patient = httpListener(options);
    await patient.start();
    patient.renew(200);
    const answer = await exchange(patient.address()?.port ?? 0, 'GET /page HT');
    assert.match(answer, /^HTTP\/1\.1 408 /);
    await patient.close();
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
