import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fastify from 'fastify';
import { parseTemplate } from '../../src/child/template.js';
import type { Config } from '../../src/config/config.js';
import { fileRoutes } from '../../src/files/routes.js';
import { foldersOf } from '../../src/supervisor/folders.js';

test('http.dir goes before the folder of a template, and secrets are shown by neither', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-folders-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const workDir = join(folder, 'run');
  for (const [file, text] of [
    ['own/x.txt', 'own'],
    ['theirs/x.txt', 'theirs'],
    ['theirs/y.txt', 'theirs'],
    ['run/conf/c001.conf', 'secret'],
  ] as const) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const get = async (dir: string | null, template: string, url: string) => {
    const config = { http: { dir, waitSeconds: 1 }, workDir } as Pick<Config, 'http' | 'workDir'>;
    const folders = foldersOf(config, parseTemplate(template));
    if (folders === null) return null;
    const app = fastify();
    app.register(fileRoutes(folders));
    const { statusCode, body } = await app.inject({ url, headers: { host: 'a' } });
    return statusCode === 200 ? body : statusCode;
  };
  const theirs = `http_server { enabled on; dir ${join(folder, 'theirs')}; }`;
  const own = join(folder, 'own');
  assert.equal(await get(null, theirs, '/x.txt'), 'theirs');
  assert.equal(await get(own, theirs, '/x.txt'), 'own');
  assert.equal(await get(own, theirs, '/y.txt'), 404);
  assert.equal(await get(own, '', '/x.txt'), 'own');
  assert.equal(await get(null, 'http_server { enabled on; dir ./; }', '/conf/c001.conf'), null);
  const conf = 'vhost a { http_static { enabled on; mount /c; dir ./conf; } }';
  assert.equal(await get(own, conf, '/c/c001.conf'), 404);
});
