import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fastify from 'fastify';
import { type Folder, Folders } from '../../src/files/folders.js';
import { fileRoutes } from '../../src/files/routes.js';
import { httpGet } from '../helpers/http-get.js';

const PAGE = '<!doctype html><title>é</title>';
const MEDIA = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));

/** `folders`: by what is shown besides the whole of it at `/`. */
async function site(t: TestContext, more: (root: string) => Folder[] = () => []) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'srs-supervisor-files-')));
  const root = join(folder, 'root');
  await mkdir(join(root, 'players/deep'), { recursive: true });
  await mkdir(join(folder, 'outside'));
  await writeFile(join(folder, 'outside/secret.txt'), 'hush');
  await writeFile(join(root, 'index.html'), PAGE);
  await writeFile(join(root, 'players/index.html'), PAGE);
  await writeFile(join(root, 'players/a b.js'), '1;');
  await writeFile(join(root, 'x.ts'), MEDIA);
  await writeFile(join(root, 'x.ts.tmp'), MEDIA);
  await writeFile(join(root, '.hidden'), 'hush');
  await symlink(join(folder, 'outside/secret.txt'), join(root, 'link.txt'));
  await symlink(join(folder, 'outside'), join(root, 'linked'));
  await symlink(join(root, 'x.ts'), join(root, 'inner.ts'));
  const app = fastify({ forceCloseConnections: true });
  app.register(fileRoutes(new Folders([...more(root), { host: null, path: '/', root }])));
  await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { port } = app.server.address() as AddressInfo;
  return { root, port, url: `http://127.0.0.1:${port}` };
}

/** The status of a path that no client library would send as it is. */
async function rawStatus(port: number, path: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 'latin1');
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  await once(socket, 'close');
  assert.ok(!text.includes('hush'), path);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

describe('static files', () => {
  it('shows files, and the index.html of a folder', async (t) => {
    const { url } = await site(t);
    for (const path of ['/', '/index.html', '/players/']) {
      const response = await fetch(url + path);
      assert.equal(await response.text(), PAGE);
      assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    }
    assert.equal(await (await fetch(`${url}/players/a%20b.js?x=1`)).text(), '1;');
    const folder = await fetch(`${url}/players`, { redirect: 'manual' });
    assert.equal(folder.status, 301);
    assert.equal(folder.headers.get('location'), '/players/');
    assert.equal((await fetch(`${url}/players/deep/`)).status, 404);
    assert.equal((await fetch(`${url}/nothing`)).status, 404);
  });

  it('answers HEAD, ranges and conditions', async (t) => {
    const { url } = await site(t);
    const head = await fetch(`${url}/x.ts`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), `${MEDIA.length}`);
    assert.equal(head.headers.get('content-type'), 'video/MP2T');
    const etag = head.headers.get('etag') ?? '';
    const date = head.headers.get('last-modified') ?? '';
    const get = (headers: Record<string, string>) => httpGet(`${url}/x.ts`, headers);
    const part = await get({ range: 'bytes=10-19' });
    assert.equal(part.status, 206);
    assert.equal(part.headers['content-range'], `bytes 10-19/${MEDIA.length}`);
    assert.deepEqual(part.body, MEDIA.subarray(10, 20));
    assert.deepEqual((await get({ range: 'bytes=-5' })).body, MEDIA.subarray(-5));
    assert.equal((await get({ range: 'bytes=100000-' })).status, 416);
    assert.deepEqual((await get({ range: 'bytes=0-1,5-6' })).body, MEDIA, 'several: the whole');
    assert.deepEqual((await get({ range: 'bytes=0-1', 'if-range': '"other"' })).body, MEDIA);
    assert.equal((await get({ 'if-none-match': etag })).status, 304);
    assert.equal((await get({ 'if-modified-since': date })).status, 304);
    assert.equal((await get({ 'if-match': '"other"' })).status, 412);
  });

  it('lets a page of another origin read, as SRS does', async (t) => {
    const { url } = await site(t);
    const plain = await fetch(`${url}/x.ts`);
    assert.equal(plain.headers.get('access-control-allow-origin'), null);
    const response = await fetch(`${url}/x.ts`, { headers: { origin: 'http://a' } });
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
  });

  it('shows nothing that lies elsewhere, is hidden or half written', async (t) => {
    const { port } = await site(t);
    const refused = [
      '/../outside/secret.txt',
      '/players/../../outside/secret.txt',
      '/%2e%2e/outside/secret.txt',
      '/..%2foutside/secret.txt',
      '/%2e%2e%2foutside%2fsecret.txt',
      '/..%5coutside%5csecret.txt',
      '/players/..%2f..%2foutside/secret.txt',
      '//outside/secret.txt',
      '/link.txt',
      '/linked/secret.txt',
      '/linked/',
      '/inner.ts',
      '/.hidden',
      '/x.ts.tmp',
      '/x.ts%00.js',
      '/%00',
      '/%',
      '/%zz',
      '/x.ts/',
      `/${'a'.repeat(5000)}`,
    ];
    for (const path of refused) {
      const status = await rawStatus(port, path);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    }
  });

  it('shows each folder at its path and to its host', async (t) => {
    const { url } = await site(t, (root) => [
      { host: null, path: '/console/', root },
      { host: 'own.example.com', path: '/', root: join(root, 'players') },
    ]);
    assert.equal(await (await fetch(`${url}/console/`)).text(), PAGE);
    assert.equal((await fetch(`${url}/console/nothing`)).status, 404);
    const folder = await fetch(`${url}/console/players`, { redirect: 'manual' });
    assert.equal(folder.headers.get('location'), '/console/players/');
    const own = { host: 'own.example.com:8080' };
    assert.equal((await httpGet(`${url}/a%20b.js`, own)).body.toString(), '1;');
    assert.equal((await httpGet(`${url}/x.ts`, own)).status, 404);
    assert.equal((await fetch(`${url}/a%20b.js`)).status, 404);
  });
});
