import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from '../../src/origin/api/auth.js';
import { NO_SRS } from '../helpers/srs.js';
import { REAL_SRS, TestOrigin } from './helpers.js';

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

describe('the password of the API', () => {
  const auth = { username: 'admin', password: 'secret' };
  for (const [header, verdict] of [
    [undefined, 'ask'],
    ['', 'ask'],
    ['Bearer x', 'refuse'],
    ['Basic ', 'refuse'],
    [basic('admin'), 'refuse'],
    [basic('admin:wrong'), 'ask'],
    [basic('admin:secret'), 'ok'],
  ] as const) {
    it(`${JSON.stringify(header)}: ${verdict}`, () => {
      assert.equal(judge(auth, '/api/v1/versions', header), verdict);
      assert.equal(judge(auth, '/rtc/v1/whip/', header), 'ok');
      assert.equal(judge(null, '/api/v1/versions', header), 'ok');
    });
  }
});

/** The statuses and challenges of one origin for each path and password, on both ports. */
async function answers(binary: string | null): Promise<string[]> {
  const raw = 'raw_api { enabled on; }';
  const auth = 'auth { enabled on; username admin; password secret; }';
  const origin = await TestOrigin.start({ ...(binary ? { binary } : {}), api: `${raw} ${auth}` });
  const seen: string[] = [];
  for (const port of [origin.api, origin.http]) {
    for (const path of ['/api/v1/versions', '/api/v1/streams/', '/', '/metrics']) {
      for (const pair of [null, 'admin:wrong', 'admin:secret', 'odd']) {
        const init = pair === null ? {} : { headers: { Authorization: basic(pair) } };
        const { status, headers: got } = await fetch(`http://127.0.0.1:${port}${path}`, init);
        const on = port === origin.api ? 'api' : 'http';
        seen.push(`${on} ${path} ${pair}: ${status} ${got.get('www-authenticate')}`);
      }
    }
  }
  await origin.close();
  return seen;
}

describe('a password asked for', { timeout: 120_000, skip: NO_SRS }, () => {
  it('is asked for where SRS asks', async () => {
    assert.deepEqual(await answers(null), await answers(REAL_SRS));
  });
});
