import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StreamStatus } from '../../src/placement/types.js';
import { type Ffmpeg, playFrames, publish } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';

type Row = Readonly<Record<string, unknown>>;

/** Another loopback address than everybody else's. */
const FAR = '127.0.0.77';
/** More than a test lasts. */
const FOR_EVER = 1_000_000;

for (const origin of origins()) {
  describe(`the API port of a box of ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let base = '';
    let media: Ffmpeg[] = [];

    const ask = async (path: string, init: RequestInit = {}) =>
      (await (await fetch(base + path, init)).json()) as Row;
    const clients = async () => (await ask('/api/v1/clients/?count=1000')).clients as Row[];

    before(async () => {
      const [api, http] = [await freePort(), await freePort()];
      const ports = { api, http };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3, ports });
      base = `http://127.0.0.1:${api}`;
      media = ['a', 'b', 'c'].map((name) => publish(supervisor.url(`live/${name}`)));
      await until('three streams', async () => {
        const { streams } = await ask('/api/v1/streams/');
        return (streams as Row[]).filter(({ video }) => video !== null).length === 3;
      });
    });

    after(async () => {
      await Promise.all(media.map((one) => one.kill()));
      await supervisor?.dispose();
    });

    it('shows clients at their own address', async () => {
      const player = await RtmpClient.open(supervisor.rtmpPort, FAR);
      player.play('rtmp://127.0.0.1/live', 'a');
      await until('it is in the list', async () => (await clients()).some(({ ip }) => ip === FAR));
      const others = (await clients()).filter(({ ip }) => ip !== FAR);
      assert.deepEqual([...new Set(others.map(({ ip }) => ip))], ['127.0.0.1']);
      player.close();
    });

    it('lists which child has which stream, as the admin port does', async () => {
      const placed = await supervisor.get<StreamStatus[]>('streams');
      const expected = placed.map(({ stream, child }) => [stream, child]).sort();
      const { streams, origins: children } = await ask('/api/v1/origins');
      assert.deepEqual(
        (streams as Row[]).map(({ stream, child }) => [stream, child]).sort(),
        expected,
      );
      assert.equal((children as Row[]).length, 3);
      const query = 'vhost=__defaultVhost__&app=live&stream=b';
      const { data } = await ask(`/api/v1/clusters?${query}`);
      assert.equal((data as Record<string, Row>).origin?.port, supervisor.rtmpPort);
    });

    it('lets a page of another site kick nobody', async () => {
      const publisher = await until('a publisher', async () =>
        (await clients()).find(({ publish }) => publish),
      );
      const id = String(publisher.id);
      const headers = { origin: 'http://evil.example' };
      const ways: [string, RequestInit][] = [
        [`/api/v1/clients/${id}`, { method: 'DELETE', headers }],
        [`/api/v1/clients/${id}?callback=f&method=DELETE`, { headers }],
      ];
      for (const [path, init] of ways) assert.equal((await ask(path, init)).code, 403);
      assert.ok((await clients()).some((row) => row.id === id));
      assert.ok(media.slice(0, 3).every((encoder) => encoder.isRunning));
    });

    it('kicks a player, and no other', async () => {
      const [one, two] = [0, 1].map(() => playFrames(supervisor.url('live/b'), FOR_EVER));
      media.push(...[one, two].flatMap((player) => player ?? []));
      const players = await until('two players', async () => {
        const rows = (await clients()).filter(({ name, publish: is }) => name === 'b' && !is);
        return rows.length === 2 ? rows : null;
      });
      assert.equal((await ask(`/api/v1/clients/${players[0]?.id}`, { method: 'DELETE' })).code, 0);
      await until('one has ended', () => !one?.isRunning || !two?.isRunning);
      await until('one is left', async () => {
        const rows = (await clients()).filter(({ name, publish: is }) => name === 'b' && !is);
        return rows.length === 1 && rows[0]?.id === players[1]?.id;
      });
      assert.notEqual(one?.isRunning, two?.isRunning);
      assert.ok(media.slice(0, 3).every((encoder) => encoder.isRunning));
    });

    it('has the version on the HTTP port, too, under one name', async () => {
      const { address = '' } = await listener('http');
      const port = address.split(':').at(-1);
      const there = await fetch(`http://127.0.0.1:${port}/api/v1/versions`);
      const ours = await ask('/api/v1/versions');
      assert.deepEqual(await there.json(), ours);
      assert.equal(ours.pid, String(supervisor.pid));
      assert.match(String(ours.server), /^vid-\w{7}$/);
      assert.equal((await fetch(`http://127.0.0.1:${port}/api/v1/streams/`)).status, 404);
    });

    async function listener(name: string): Promise<{ address?: string }> {
      const { listeners } = await supervisor.get<{ listeners: Row[] }>('status');
      return listeners.find((row) => row.name === name) ?? {};
    }
  });
}
