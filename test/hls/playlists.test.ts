import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { origins } from '../helpers/origins.js';
import { NO_SRS, SRS_BINARY } from '../helpers/srs.js';
import { BOUNDED, until } from '../helpers/until.js';
import { HlsRig, KEYED_VHOST, OTHER_VHOST } from './rig.js';

const STREAM = '__defaultVhost__/live/x';

for (const origin of origins())
  describe(`playlists of ${origin.name}`, BOUNDED, () => {
    it('go through the owner, with a session, and lead to segments', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const child = await rig.child('c001', 1);
      assert.equal((await fetch(`${rig.url}/live/x.m3u8`)).status, 404, 'no owner');
      rig.owners.set(STREAM, child);
      assert.equal((await fetch(`${rig.url}/live/x.m3u8`)).status, 404, 'not published');
      rig.publish(t, child, 'live/x');
      const viewer = await HlsViewer.join(`${rig.url}/live/x.m3u8?token=a%20b`);
      assert.match(viewer.url, /\/live\/x\.m3u8\?hls_ctx=\w{8}&token=a%20b$/);
      const response = await viewer.poll();
      assert.equal(response.headers.get('content-type'), 'application/vnd.apple.mpegurl');
      assert.equal(response.headers.get('cache-control'), 'no-cache');
      const [first] = (await viewer.list()).segments;
      const query = `?hls_ctx=${viewer.session}`;
      assert.match(first?.uri ?? '', /^x-c001-1-\d+-\d{13}\.ts\?hls_ctx=\w{8}$/);
      assert.ok(first?.uri.endsWith(query));
      const segment = await viewer.segment(first?.uri ?? '');
      assert.equal(segment.headers.get('content-type'), 'video/MP2T');
      const body = Buffer.from(await segment.arrayBuffer());
      assert.equal(body.length % 188, 0);
      assert.equal(body[0], 0x47);
      assert.equal(rig.held, 0);
    });

    it('lead on from below any prefix, and through slashes in a row', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      rig.publish(t, child, 'live/x');
      await HlsViewer.join(`${rig.url}/live/x.m3u8`);
      for (const path of ['/live/x.m3u8', '//live/x.m3u8', '/live//x.m3u8']) {
        const master = await (await fetch(rig.url + path)).text();
        assert.match(master, /^x\.m3u8\?hls_ctx=\w{8}$/m, path);
        const viewer = await HlsViewer.join(rig.url + path);
        const [first] = (await viewer.list()).segments;
        assert.ok((await viewer.segment(first?.uri ?? '')).ok, path);
      }
    });

    it('HEAD begins no session', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      const head = () => fetch(`${rig.url}/live/x.m3u8`, { method: 'HEAD' });
      assert.equal((await head()).status, 404);
      rig.publish(t, child, 'live/x');
      await until('a playlist', async () => (await head()).ok);
      assert.equal((await clients(child)).filter(({ type }) => type === 'hls-play').length, 0);
    });

    it('tell the child the true client, and end for one that is kicked', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      rig.publish(t, child, 'live/x');
      const [one, two] = [
        await HlsViewer.join(`${rig.url}/live/x.m3u8`, { 'x-forwarded-for': '203.0.113.9' }),
        await HlsViewer.join(`${rig.url}/live/x.m3u8`),
      ];
      await one.list();
      const row = (await clients(child)).find(({ id }) => id === one.session);
      assert.deepEqual(row && { ip: row.ip, type: row.type, name: row.name }, {
        ip: '198.51.100.7',
        type: 'hls-play',
        name: 'x.m3u8',
      });
      const url = `http://127.0.0.1:${child.ports.api}/api/v1/clients/${one.session}`;
      await fetch(url, { method: 'DELETE' });
      await until('a kick', async () => (await one.poll()).status === 404);
      assert.ok((await two.poll()).ok);
    });

    it('of one app and stream on two vhosts are two', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      rig.owners.set(`${OTHER_VHOST}/live/x`, child);
      rig.publish(t, child, 'live/x');
      rig.publish(t, child, `live/x?vhost=${OTHER_VHOST}`);
      const one = await HlsViewer.join(`${rig.url}/live/x.m3u8`);
      const two = await HlsViewer.join(`${rig.url}/live/x.m3u8?vhost=${OTHER_VHOST}`);
      const uri = (await two.list()).segments.at(-1)?.uri ?? '';
      assert.match(uri, new RegExp(`&vhost=${OTHER_VHOST}$`));
      assert.ok((await two.segment(uri)).ok);
      const cut = uri.replace(/\?.*/, '');
      assert.equal((await one.segment(cut)).status, 404, 'not of the default vhost');
      const lists = [await one.list(), await two.list()];
      const names = lists.map(({ segments }) => segments.map(({ uri }) => uri.replace(/\?.*/, '')));
      assert.deepEqual(
        names[0]?.filter((name) => names[1]?.includes(name)),
        [],
      );
    });

    it('go on where the stream moves from a killed child to another', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const [a, b] = [await rig.child('c001', 1), await rig.child('c002', 1)];
      rig.owners.set(STREAM, a);
      const first = rig.publish(t, a, 'live/x');
      const viewer = await HlsViewer.join(`${rig.url}/live/x.m3u8`);
      const before = await until('segments', async () => {
        const list = await viewer.list();
        return list.segments.length >= 4 && list;
      });
      await rig.kill(a);
      rig.owners.delete(STREAM);
      if (first.exitCode === null) await once(first, 'exit');
      const between = await viewer.list();
      assert.ok(between.sequence >= before.sequence, 'shown while nobody has the stream');
      for (const { uri } of between.segments) assert.ok((await viewer.segment(uri)).ok);

      rig.owners.set(STREAM, b);
      assert.equal((await viewer.list()).sequence, between.sequence, 'shown until there is more');
      rig.publish(t, b, 'live/x');
      let last = between;
      const after = await until('segments of the next child', async () => {
        const list = await viewer.list();
        assert.ok(list.sequence >= last.sequence);
        assert.ok(list.sequence + list.segments.length >= last.sequence + last.segments.length);
        last = list;
        return list.segments.some(({ uri }) => uri.includes('-c002-1-')) && list;
      });
      const joint = after.segments.findIndex(({ uri }) => uri.includes('-c002-1-'));
      assert.ok(joint > 0, 'the old child’s last segments are still listed');
      assert.ok(after.segments[joint]?.discontinuity);
      for (const { uri } of after.segments) assert.ok((await viewer.segment(uri)).ok, uri);
      const sessions = (await clients(b)).filter(({ type }) => type === 'hls-play');
      assert.deepEqual(
        sessions.map(({ id }) => id),
        [viewer.session],
        'one session, the same',
      );
    });

    it('stay when their child is told to end', async (t) => {
      const rig = await HlsRig.start(t, origin.path);
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      rig.publish(t, child, 'live/x');
      const viewer = await HlsViewer.join(`${rig.url}/live/x.m3u8`);
      const { segments } = await viewer.list();
      await rig.kill(child, 'SIGTERM');
      await access(rig.playlistFile(child, 'live/x'));
      for (const { uri } of segments) assert.ok((await viewer.segment(uri)).ok);
      assert.ok((await viewer.poll()).ok, 'its owner is still named, and gone');
      rig.owners.delete(STREAM);
      assert.ok((await viewer.poll()).ok);
      assert.equal(
        (await fetch(`${rig.url}/live/x.m3u8`)).status,
        404,
        'nothing new for newcomers',
      );
    });
  });

describe('encrypted playlists', BOUNDED, () => {
  it('name keys that are found behind a proxy’s prefix, by a query’s vhost', {
    skip: NO_SRS,
  }, async (t) => {
    const rig = await HlsRig.start(t, SRS_BINARY);
    const child = await rig.child('c001', 1);
    rig.owners.set(`${KEYED_VHOST}/live/x`, child);
    rig.publish(t, child, `live/x?vhost=${KEYED_VHOST}`);
    const viewer = await HlsViewer.join(`${rig.url}/live/x.m3u8?vhost=${KEYED_VHOST}`);
    const [{ tags = [] } = {}] = (await viewer.list()).segments;
    const uri = /URI="([^"]*)"/.exec(tags.join())?.[1] ?? '';
    assert.match(uri, /^x-c001-1-0-0\.key\?hls_ctx=\w+&vhost=keyed\.example\.com$/);
    const key = await viewer.segment(uri);
    assert.equal((await key.arrayBuffer()).byteLength, 16);
  });
});

interface Client {
  readonly id: string;
  readonly ip: string;
  readonly type: string;
  readonly name: string;
}

async function clients(child: { ports: { api: number } }): Promise<Client[]> {
  const url = `http://127.0.0.1:${child.ports.api}/api/v1/clients/?count=1000`;
  return ((await (await fetch(url)).json()) as { clients: Client[] }).clients;
}
