import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { AccessPolicy } from '../../src/access/policy.js';
import { gateOf, OPEN_RULES } from '../helpers/gate.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { httpGet } from '../helpers/http-get.js';
import { NO_SRS, SRS_BINARY } from '../helpers/srs.js';
import { BOUNDED } from '../helpers/until.js';
import { HlsRig, OTHER_VHOST } from './rig.js';

const NAME = 'x-c001-3-0-1700000000000';
const MEDIA = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 249));

async function rigWith(
  t: TestContext,
  names: readonly string[],
  options: Parameters<typeof HlsRig.start>[2] = {},
): Promise<HlsRig> {
  const rig = await HlsRig.start(t, SRS_BINARY, options);
  for (const name of names) {
    const path = join(rig.root, 'c001-3/__defaultVhost__', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, MEDIA);
  }
  return rig;
}

describe('segments', BOUNDED, () => {
  it('are served of children that are gone, with what caches need', async (t) => {
    const rig = await rigWith(t, [`live/${NAME}.ts`, `a/b/${NAME}.m4s`, `live/${NAME}.mp4`]);
    const url = `${rig.url}/live/${NAME}.ts?hls_ctx=abcdefgh`;
    for (const headers of [{}, {}, { origin: 'http://a' }]) {
      const response = await fetch(url, { headers });
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), MEDIA);
      assert.equal(response.headers.get('content-type'), 'video/MP2T');
      assert.match(response.headers.get('cache-control') ?? '', /max-age=\d+, immutable$/);
      assert.equal(response.headers.get('accept-ranges'), 'bytes');
      const cors = response.headers.get('access-control-allow-origin');
      assert.equal(cors, 'origin' in headers ? '*' : null);
      const etag = response.headers.get('etag') ?? '';
      const again = await httpGet(url, { 'if-none-match': etag });
      assert.equal(again.status, 304);
      const part = await httpGet(url, { range: 'bytes=1-3', 'if-range': etag });
      assert.equal(part.status, 206);
      assert.deepEqual(part.body, MEDIA.subarray(1, 4));
    }
    const types = { [`/a/b/${NAME}.m4s`]: 'video/iso.segment', [`/live/${NAME}.mp4`]: 'video/mp4' };
    for (const [path, type] of Object.entries(types)) {
      const head = await fetch(rig.url + path, { method: 'HEAD' });
      assert.equal(head.headers.get('content-type'), type);
      assert.equal(head.headers.get('content-length'), `${MEDIA.length}`);
    }
  });

  it('and keys are kept from caches that clients share, where rules say who may play', async (t) => {
    const play = { allow: ['198.51.100.0/24'], deny: [], token: 'off' } as const;
    const policy = new AccessPolicy([{ vhost: null, app: 'live', publish: null, play }]);
    const limits = { ...OPEN_RULES.limits, viewersPerStream: 9 };
    const gate = gateOf({ rules: () => ({ ...OPEN_RULES, policy, limits }) });
    const key = 'x-c001-3-0-0.key';
    const rig = await rigWith(t, [`live/${NAME}.ts`, `live/${key}`, `open/${NAME}.ts`], { gate });
    for (const [path, scope] of [
      [`live/${NAME}.ts`, 'private'],
      [`live/${key}`, 'private'],
      [`open/${NAME}.ts`, 'public'],
    ] as const) {
      const kept = new RegExp(`^${scope}, max-age=\\d+, immutable$`);
      const first = await httpGet(`${rig.url}/${path}`);
      const match = { 'if-none-match': `${first.headers.etag}` };
      for (const headers of [{}, { range: 'bytes=1-3' }, match]) {
        const { status, headers: answer } = await httpGet(`${rig.url}/${path}`, headers);
        assert.match(`${answer['cache-control']}`, kept, `${path} ${status}`);
      }
    }
  });

  it('of a file that went stay readable while they are in memory', async (t) => {
    const rig = await rigWith(t, [`live/${NAME}.ts`]);
    const get = () => fetch(`${rig.url}/live/${NAME}.ts`);
    assert.ok((await get()).ok);
    await rm(rig.root, { recursive: true });
    assert.ok((await get()).ok);
  });

  it('answer a preflight', async (t) => {
    const rig = await HlsRig.start(t, SRS_BINARY);
    for (const path of [`/live/${NAME}.ts`, '/live/x.m3u8']) {
      const headers = { origin: 'http://a', 'access-control-request-method': 'GET' };
      const response = await fetch(rig.url + path, { method: 'OPTIONS', headers });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('access-control-allow-methods'), '*');
    }
  });

  it('are nothing but files of their own vhost', async (t) => {
    const rig = await rigWith(t, [`live/${NAME}.ts`, `live/${NAME}.ts.tmp`]);
    const folder = join(rig.root, 'c001-3/__defaultVhost__');
    await symlink(join(folder, `live/${NAME}.ts`), join(folder, `live/l${NAME}.ts`));
    await symlink(join(folder, 'live'), join(folder, 'linked'));
    await mkdir(join(folder, `live/d${NAME}.ts`));
    for (const path of [
      `/live/${NAME}.ts.tmp`,
      `/live/l${NAME}.ts`,
      `/linked/${NAME}.ts`,
      `/live/d${NAME}.ts`,
      `/live/${NAME.replace('-3-', '-4-')}.ts`,
      `/live/${NAME}.ts?vhost=${OTHER_VHOST}`,
      `/live%2f${NAME}.ts`,
      `/c001-3/__defaultVhost__/live/${NAME}.ts`,
    ]) {
      const response = await fetch(rig.url + path);
      assert.equal(response.status, 404, path);
    }
    const post = await fetch(`${rig.url}/live/${NAME}.ts`, { method: 'POST' });
    assert.equal(post.status, 404);
  });

  it('are the child’s to send where the config says so', { skip: NO_SRS }, async (t) => {
    const asked: string[] = [];
    const rig = await HlsRig.start(t, SRS_BINARY, {
      child: ({ id, generation }) => {
        asked.push(`${id} ${generation}`);
        return generation === 1 ? { host: '127.0.0.1', port: child.ports.http } : null;
      },
    });
    const child = await rig.child('c001', 1);
    rig.owners.set('__defaultVhost__/live/x', child);
    rig.publish(t, child, 'live/x');
    const viewer = await HlsViewer.join(`${rig.url}/live/x.m3u8`);
    const uri = (await viewer.list()).segments[0]?.uri ?? '';
    const response = await viewer.segment(uri);
    const body = Buffer.from(await response.arrayBuffer());
    const name = uri.replace(/\?.*/, '');
    const path = join(rig.root, 'c001-1/__defaultVhost__/live', name);
    assert.deepEqual(body, await readFile(path));
    assert.equal(response.headers.get('content-type'), 'video/MP2T');
    assert.deepEqual(asked, ['c001 1']);
    await rig.kill(child);
    assert.ok((await viewer.segment(uri)).ok, 'from disk once the child is gone');
  });
});
