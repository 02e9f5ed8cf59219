import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fastify from 'fastify';
import { Folders } from '../../src/files/folders.js';
import { fileRoutes } from '../../src/files/routes.js';
import { createLogger } from '../../src/logging/logger.js';
import { pageRoutes } from '../../src/pages/routes.js';

const PORTS = {
  ...{ origin: 'srs' as const, rtmp: 1935, api: 1985, apiHttps: null, rtc: true },
  hlsSeconds: 10,
};

/** Pages of one's own, and a user's folder with some of the same names. */
async function site(t: TestContext, hasUserDir: boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-pages-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [file, text] of [
    ['ours/players/index.html', 'our index'],
    ['ours/players/flv.html', 'our flv'],
    ['ours/players/vendor/a.js', 'our library'],
    ['users/index.html', 'their index'],
    ['users/players/flv.html', 'their flv'],
    ['users/players/rtc_player.html', 'their whep'],
  ] as const) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const app = fastify();
  const shown = { host: null, path: '/', root: join(folder, 'users') };
  const users = hasUserDir ? new Folders([shown]) : null;
  const logger = createLogger('error', { people: false, write: () => {} });
  app.register(pageRoutes({ root: join(folder, 'ours'), users, ports: () => PORTS, logger }));
  if (users !== null) app.register(fileRoutes(users));
  const get = (url: string) => app.inject({ url, headers: { host: 'box.example.com:8080' } });
  return { get, text: async (url: string) => (await get(url)).body };
}

describe('player pages', () => {
  it('are at /players/, and / leads there', async (t) => {
    const { get, text } = await site(t, false);
    const root = await get('/?app=live&stream=x');
    assert.equal(root.statusCode, 302);
    assert.equal(root.headers.location, 'players/?app=live&stream=x');
    assert.equal((await get('/players')).headers.location, 'players/');
    assert.equal(await text('/players/'), 'our index');
    assert.equal(await text('/players/vendor/a.js'), 'our library');
    assert.equal((await get('/players/nothing.html')).statusCode, 404);
  });

  it('may run scripts from here only, and reach no other host', async (t) => {
    const { get } = await site(t, false);
    const { headers } = await get('/players/flv.html');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.match(policy, /connect-src 'self' http:\/\/box\.example\.com:\* https:/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  it('know the ports', async (t) => {
    const { get } = await site(t, true);
    assert.deepEqual((await get('/players/config.json')).json(), PORTS);
  });

  it('stand in for SRS’s', async (t) => {
    const { get } = await site(t, false);
    const location = async (path: string) => (await get(path)).headers.location;
    assert.equal(await location('/players/srs_player.html?stream=a.flv'), 'flv.html?stream=a.flv');
    assert.equal(
      await location('/players/srs_player.html?app=live&stream=a.m3u8&port=1'),
      'hls.html?app=live&stream=a.m3u8&port=1',
    );
    assert.equal(await location('/players/rtc_player.html'), 'whep.html');
    assert.equal(await location('/players/rtc_publisher.html'), 'whip.html');
  });

  it('give way to the user’s files', async (t) => {
    const { get, text } = await site(t, true);
    assert.equal(await text('/'), 'their index');
    assert.equal(await text('/players/'), 'our index');
    assert.equal(await text('/players/flv.html'), 'their flv');
    assert.equal((await get('/players/flv.html')).headers['content-security-policy'], undefined);
    assert.equal(await text('/players/vendor/a.js'), 'our library');
    assert.equal(await text('/players/rtc_player.html'), 'their whep');
  });
});
