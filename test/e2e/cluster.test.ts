import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AdminStatus, ClientRow } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import type { ApiClient } from '../helpers/child-api.js';
import { Cluster, type ClusterBox, httpUrl, publishOn, streamOn } from '../helpers/cluster.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { assertDecoded } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 50;

interface ClusterAnswer {
  readonly code: number;
  readonly boxes: string[];
  readonly missing: string[];
  readonly streams?: { readonly name: string; readonly box: string }[];
  readonly clients?: unknown[];
}

/** Asks a box's API about all boxes. */
async function everywhere({ api }: ClusterBox, path: string): Promise<ClusterAnswer> {
  const answer = await fetch(`http://127.0.0.1:${api}/api/v1/${path}?scope=cluster&count=100`);
  return (await answer.json()) as ClusterAnswer;
}

/** Returns who plays and publishes at a box. */
function clientsOf({ supervisor }: ClusterBox): Promise<ClientRow[]> {
  return supervisor.get<ClientRow[]>('clients');
}

async function boxId({ supervisor }: ClusterBox): Promise<string> {
  const { boxes } = await supervisor.get<AdminStatus>('status');
  return boxes.find(({ own }) => own)?.id ?? '';
}
const HLS = { SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1', SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '10' };

for (const origin of origins()) {
  describe(`two boxes on ${origin.name}`, BOUNDED, () => {
    let cluster: Cluster;
    const cast = new Cast();

    before(async () => {
      cluster = await Cluster.start({ origin: origin.path, children: 2, env: HLS });
    });
    afterEach(() => cast.close());
    after(() => cluster?.dispose());

    function moreFor(player: RtmpPlayer): Promise<boolean> {
      const had = player.received.length;
      return until('more media', () => player.received.length > had + FRAMES);
    }

    const ways: [string, () => [ClusterBox, ClusterBox]][] = [
      ['a to b', () => [cluster.a, cluster.b]],
      ['b to a', () => [cluster.b, cluster.a]],
    ];
    for (const [way, boxes] of ways) {
      it(`gives a publisher the stream of one that is silent: ${way}`, async () => {
        const [near, far] = boxes();
        const stream = `live/silent${way.replaceAll(' ', '')}`;
        const old = await cast.hold(near.supervisor.url(stream));
        await near.supervisor.ownerOf(stream);
        const player = await cast.play(near.supervisor.url(stream));
        const next = cast.publish(far.supervisor.url(stream));
        await Promise.all([old.closed, moreFor(player)]);
        assert.ok(next.isRunning, next.errors);
        assert.ok(!player.hasEnded);
      });
      it(`plays by RTMP and HTTP-FLV across: ${way}`, async () => {
        const [near, far] = boxes();
        const stream = `live/${way.replaceAll(' ', '')}`;
        const early = cast.playFrames(httpUrl(far, `${stream}.flv`), FRAMES);
        cast.publish(near.supervisor.url(stream));
        await near.supervisor.ownerOf(stream);
        const late = [
          cast.playFrames(far.supervisor.url(stream), FRAMES),
          cast.playFrames(httpUrl(far, `${stream}.flv`), FRAMES),
          cast.playFrames(httpUrl(near, `${stream}.flv`), FRAMES),
        ];
        await Promise.all([early, ...late].map((player) => assertDecoded(player, FRAMES)));
        assert.equal((await near.supervisor.ownerOf(stream)).box, undefined);
      });
    }

    it('brings players that wait on one box to the publisher on the other', async () => {
      const stream = 'live/waited';
      const waiting = cast.playFrames(cluster.a.supervisor.url(stream), FRAMES);
      await until('it waits', async () => {
        const { heldPlayers } = await cluster.a.supervisor.get<AdminStatus>('status');
        return heldPlayers === 1;
      });
      assert.equal(await streamOn(cluster.a, stream), null);
      cast.publish(cluster.b.supervisor.url(stream));
      await assertDecoded(waiting, FRAMES);
      const onB = await streamOn(cluster.b, stream);
      assert.deepEqual([onB?.box, onB?.publishing], [undefined, true]);
    });

    it('shows a client of the other box by its true address', async () => {
      const stream = 'live/known';
      cast.publish(cluster.a.supervisor.url(stream));
      await cluster.a.supervisor.ownerOf(stream);
      const player = await cast.play(cluster.b.supervisor.url(stream));
      await moreFor(player);
      const url = `http://127.0.0.1:${cluster.a.api}/api/v1/clients/`;
      const shown = await until('both are shown', async () => {
        const { clients } = (await (await fetch(url)).json()) as { clients: ApiClient[] };
        const own = clients.filter(({ name }) => name === 'known');
        return own.length === 2 && own;
      });
      assert.deepEqual(
        shown.map(({ ip }) => ip),
        ['127.0.0.1', '127.0.0.1'],
      );
      const rows = await cluster.a.supervisor.connections();
      const row = rows.find(({ client }) => client === player.address);
      assert.deepEqual([row?.role, row?.stream], ['play', `__defaultVhost__/${stream}`]);
    });

    it('answers for all boxes where that is asked for, without one that hangs', async () => {
      const [one, other] = ['live/scope1', 'live/scope2'];
      await publishOn(cast, cluster.a, one);
      await publishOn(cast, cluster.b, other);
      await cast.play(cluster.b.supervisor.url(one));
      const [idA, idB] = await Promise.all([boxId(cluster.a), boxId(cluster.b)]);
      // A box that is busy may well take more than its second.
      const { streams, boxes } = await until('both streams', async () => {
        const found = await everywhere(cluster.a, 'streams/');
        const names = found.streams?.map(({ name }) => name) ?? [];
        const isAll = found.missing.length === 0;
        return isAll && names.includes('scope1') && names.includes('scope2') && found;
      });
      const whose = (name: string) => streams?.find((row) => row.name === name)?.box;
      assert.deepEqual([whose('scope1'), whose('scope2')], [idA, idB]);
      assert.deepEqual(new Set(boxes), new Set([idA, idB]));
      await until('all clients', async () => {
        const { clients = [] } = await everywhere(cluster.b, 'clients/');
        return clients.length >= 3;
      });
      await until('the load of both boxes in the status of one', async () => {
        const { boxes: rows } = await cluster.a.supervisor.get<AdminStatus>('status');
        const isTold = ({ load }: AdminStatus['boxes'][number]) =>
          load !== null && load.ready === 2 && load.streams > 0 && load.connections > 0;
        return rows.length === 2 && rows.every(isTold);
      });
      const alone = await fetch(`http://127.0.0.1:${cluster.a.api}/api/v1/streams/`);
      assert.ok(!(await alone.text()).includes('scope2'));
      const { pid } = cluster.b.supervisor;
      process.kill(pid, 'SIGSTOP');
      try {
        const without = await everywhere(cluster.a, 'summaries');
        assert.deepEqual([without.code, without.boxes], [0, [idA]]);
        assert.ok(without.missing.every((id) => id === idB));
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await cluster.settled(2);
    });

    it('asks anew where the owner has died meanwhile', async () => {
      const stream = 'live/moved';
      const first = cast.publish(cluster.b.supervisor.url(stream));
      const { child: id } = await cluster.b.supervisor.ownerOf(stream);
      const player = await cast.play(cluster.a.supervisor.url(stream));
      await moreFor(player);
      const { pid } = await cluster.b.supervisor.child(id);
      process.kill(pid ?? 0, 'SIGKILL');
      await player.ended;
      await first.kill();
      cast.publish(cluster.a.supervisor.url(stream));
      await cluster.a.supervisor.ownerOf(stream, false);
      await cast.assertPlays(FRAMES, cluster.b.supervisor.url(stream));
    });

    it('serves HLS of the other box, segments and all', async () => {
      const stream = 'live/far';
      cast.publish(cluster.a.supervisor.url(stream));
      const viewer = await HlsViewer.join(httpUrl(cluster.b, `${stream}.m3u8`));
      const near = await HlsViewer.join(httpUrl(cluster.a, `${stream}.m3u8`));
      const { segments } = await viewer.list();
      const [idA, sessions] = [await boxId(cluster.a), await clientsOf(cluster.b)];
      const shown = await streamOn(cluster.b, stream);
      assert.deepEqual([shown?.box, shown?.publishing, shown?.clients], [idA, true, 1]);
      assert.deepEqual(
        sessions.filter(({ port }) => port === 'hls').map(({ id }) => id),
        [viewer.session],
      );
      assert.equal((await streamOn(cluster.a, stream))?.box, undefined);
      const uri = segments[0]?.uri ?? '';
      const [there, here] = await Promise.all([near.segment(uri), viewer.segment(uri)]);
      assert.deepEqual([there.status, here.status], [200, 200]);
      const bytes = Buffer.from(await here.arrayBuffer());
      assert.deepEqual(bytes, Buffer.from(await there.arrayBuffer()));
      assert.equal(bytes[0], 0x47);
      const part = await fetch(new URL(uri, viewer.url), { headers: { range: 'bytes=0-187' } });
      assert.ok(part.status === 206 || part.status === 200);
      await part.arrayBuffer();
      const none = await fetch(httpUrl(cluster.b, 'live/far-c001-1-99-1700000000000.ts'));
      assert.equal(none.status, 404);
      const absent = await fetch(httpUrl(cluster.b, 'live/nobody.m3u8'));
      assert.equal(absent.status, 404);
    });

    it('answers a player of a stream that nobody publishes as one box does', async () => {
      const player = await HttpPlayer.get(cluster.b.http, '/live/nobody.flv');
      await until('it is told', () => player.status !== 0);
      assert.equal(player.status, 404);
      player.close();
      assert.equal(await streamOn(cluster.b, 'live/nobody'), null);
    });

    it('publishes on the other box within seconds of a box’s death', async () => {
      const stream = 'live/orphan';
      cast.publish(cluster.a.supervisor.url(stream));
      await cluster.a.supervisor.ownerOf(stream);
      const player = await cast.play(cluster.b.supervisor.url(stream));
      await moreFor(player);
      const viewer = await HlsViewer.join(httpUrl(cluster.b, `${stream}.m3u8`));
      const before = await viewer.whenListed(2);
      const last = before.segments.at(-1)?.uri;
      cluster.a.supervisor.process.kill('SIGKILL');
      await player.ended;
      await publishOn(cast, cluster.b, stream);
      await cast.assertPlays(FRAMES, httpUrl(cluster.b, `${stream}.flv`));
      const later = await until('newer segments', async () => {
        const list = await viewer.list().catch(() => null);
        return list !== null && list.segments.at(-1)?.uri !== last && list;
      });
      const ends = [before, later].map(({ sequence, segments }) => sequence + segments.length);
      assert.ok((ends[1] ?? 0) > (ends[0] ?? 0), `${ends}`);
    });
  });
}
