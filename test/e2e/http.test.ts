import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { KEEPER_ADDRESS } from '../../src/listener/source-keeper.js';
import { BAD_REQUESTS } from '../helpers/bad-requests.js';
import { Cast } from '../helpers/cast.js';
import { clientsOn, publishedOn } from '../helpers/child-api.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { assertDecoded } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const run = promisify(execFile);

const STREAMS = ['live/s1', 'live/s2', 'live/s3', 'live/s4', 'live/s5', 'live/s6'];
/** Two seconds of the clip. */
const FRAMES = 50;
const MEDIA_BYTES = 20_000;

for (const origin of origins()) {
  describe(`HTTP streams on ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let http: number;
    let hooks: Server;
    /** Bodies of on_play. */
    const asked: Record<string, string>[] = [];
    const cast = new Cast();
    const players = new Set<HttpPlayer>();
    /** Asks for a stream that never comes. */
    let vain: HttpPlayer;

    before(async () => {
      hooks = createServer(async (request, response) => {
        let body = '';
        for await (const bytes of request) body += bytes;
        asked.push(JSON.parse(body));
        response.end('0');
      }).listen(0, '127.0.0.1');
      await until('it listens', () => hooks.listening);
      http = await freePort();
      const hook = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}/`;
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 3,
        ports: { http },
        env: {
          SRS_SUPERVISOR_VHOSTS: 'ts.test=ts',
          SRS_SUPERVISOR_HTTP_WAIT_SECONDS: '30',
          SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1',
          SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '10',
          SRS_SUPERVISOR_HOOKS_ON_PLAY: hook,
        },
      });
      vain = await HttpPlayer.get(http, '/live/none.flv');
    });
    afterEach(async () => {
      for (const player of players) player.close();
      players.clear();
      await cast.close();
    });
    after(async () => {
      await supervisor?.dispose();
      hooks.close();
    });

    const url = (path: string) => `http://127.0.0.1:${http}/${path}`;

    async function get(path: string, ...headers: string[]): Promise<HttpPlayer> {
      const player = await HttpPlayer.get(http, `/${path}`, ...headers);
      players.add(player);
      return player;
    }

    const media = (player: HttpPlayer) =>
      until(
        () => `media, not ${player.head}\n${supervisor.output}`,
        () => player.size > MEDIA_BYTES,
      );

    it('plays FLV out of every child', async () => {
      for (const stream of STREAMS) cast.publish(supervisor.url(stream));
      const owners = await Promise.all(STREAMS.map((stream) => supervisor.ownerOf(stream)));
      assert.equal(new Set(owners.map(({ child }) => child)).size, 3);
      const playing = STREAMS.map((stream) => cast.playFrames(url(`${stream}.flv`), FRAMES));
      await Promise.all(playing.map((player) => assertDecoded(player, FRAMES)));
    });

    it('plays a stream of an app with two levels, without chunks to HTTP/1.0', async () => {
      cast.publish(supervisor.url('live/tenant/cam'));
      await cast.assertPlays(FRAMES, url('live/tenant/cam.flv'));
      const player = await HttpPlayer.open(http, 'GET /live/tenant/cam.flv HTTP/1.0\r\n\r\n');
      players.add(player);
      await media(player);
      assert.match(player.head, /^HTTP\/1\.1 200 .*\r\n\r\nFLV/s);
      assert.doesNotMatch(player.head, /transfer-encoding/i);
    });

    it('plays TS of a vhost that mounts it', async () => {
      cast.publish(supervisor.url('live/ts?vhost=ts.test'));
      await cast.assertPlays(FRAMES, url('live/ts.ts?vhost=ts.test'));
      const player = await HttpPlayer.open(
        http,
        'GET /live/ts.ts HTTP/1.1\r\nHost: ts.test\r\n\r\n',
      );
      players.add(player);
      await media(player);
      assert.match(player.head, /^HTTP\/1\.1 200 .*Content-Type: video\/MP2T/s);
    });

    it('holds players until there is a stream, whose name stays its own', async () => {
      const early = await get('live/held.flv');
      await until('it is held', async () =>
        (await supervisor.connections()).some(({ client }) =>
          client.endsWith(`:${early.socket.localPort}`),
        ),
      );
      cast.publish(supervisor.url('live/held'));
      await media(early);
      const { child } = await supervisor.ownerOf('live/held');
      const names = await publishedOn(await supervisor.child(child));
      assert.ok(names.includes('live/held'), `${names}`);
      const hls = `${supervisor.workDir}/hls`;
      await until('its playlist', async () =>
        (await readdir(hls, { recursive: true })).some((file) => file.endsWith('/live/held.m3u8')),
      );
    });

    it('tells the child what the client asked for, and truly whose request it is', async () => {
      cast.publish(supervisor.url('live/told'));
      await supervisor.ownerOf('live/told');
      const path = 'live/told.flv?token=a%20b&x=1';
      const spoofed = ['X-Forwarded-For: 6.6.6.6', 'X-Real-IP: 6.6.6.6', 'Referer: http://page/'];
      const player = await get(path, ...spoofed);
      await media(player);
      const body = asked.find(({ stream }) => stream === 'told');
      assert.equal(body?.param, '?token=a%20b&x=1');
      assert.equal(body?.pageUrl, 'http://page/');
      assert.equal(body?.ip, '127.0.0.1');
      const { child } = await supervisor.ownerOf('live/told');
      const row = (await supervisor.connections()).find(
        ({ client }) => client === `127.0.0.1:${player.socket.localPort}`,
      );
      assert.equal(row?.child, child);
      const clients = await clientsOn(await supervisor.child(child));
      assert.ok(clients.some(({ ip }) => ip === row?.alias));
    });

    it('plays on a connection that has brought something else before', async () => {
      cast.publish(supervisor.url('live/kept'));
      await supervisor.ownerOf('live/kept');
      const urls = [url('nothing'), url('live/kept.flv')];
      const format = [
        '-s',
        '-o',
        '/dev/null',
        '-o',
        '/dev/null',
        '-w',
        '%{num_connects} %{size_download}\n',
      ];
      const { stdout } = await run('curl', [...format, '--max-time', '4', ...urls]).catch(
        (error: { stdout: string }) => error,
      );
      const [, second = ''] = stdout.trim().split('\n');
      const [connects, size] = second.split(' ').map(Number);
      assert.equal(connects, 0, stdout);
      assert.ok((size ?? 0) > MEDIA_BYTES, stdout);
    });

    it('answers HEAD and OPTIONS itself', async () => {
      cast.publish(supervisor.url('live/asked'));
      await supervisor.ownerOf('live/asked');
      const head = await until('it is live', async () => {
        const answer = await fetch(url('live/asked.flv'), { method: 'HEAD' });
        return answer.status === 200 && answer;
      });
      assert.equal(head.headers.get('content-type'), 'video/x-flv');
      assert.match(head.headers.get('server') ?? '', /^SRS\//);
      const { child } = await supervisor.ownerOf('live/asked');
      const clients = await clientsOn(await supervisor.child(child));
      assert.deepEqual(
        clients.filter(({ ip, name, publish }) => {
          return name === 'asked' && !publish && ip !== KEEPER_ADDRESS;
        }),
        [],
      );
      const options = { method: 'OPTIONS', headers: { origin: 'http://page' } };
      const preflight = await fetch(url('live/asked.flv'), options);
      assert.equal(preflight.status, 200);
      assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    });

    it('answers clients that have nothing more to say, and notices when they are gone', async () => {
      cast.publish(supervisor.url('live/half'));
      const { child } = await supervisor.ownerOf('live/half');
      await until('it is live', async () => {
        return (await fetch(url('live/half.flv'), { method: 'HEAD' })).ok;
      });
      const half = async (path: string) => {
        const player = await HttpPlayer.get(http, path);
        player.socket.end();
        return player;
      };
      const flv = await half('/live/half.flv');
      await media(flv);
      const had = flv.size;
      await until('more media', () => flv.size > had + MEDIA_BYTES || flv.hasEnded);
      assert.ok(!flv.hasEnded);
      await until('a playlist', async () => {
        const player = await half('/live/half.m3u8');
        await player.ended;
        return player.status === 200 && player.head.includes('#EXTM3U');
      });
      const versions = await half('/api/v1/versions');
      await versions.ended;
      assert.match(versions.head, /"code":0/);
      const playing = async () => {
        const rows = await clientsOn(await supervisor.child(child));
        return rows.filter(({ name, type }) => name === 'half.flv' && type === 'flv-play');
      };
      await until('the child has the player', async () => (await playing()).length === 1);
      flv.close();
      await until('the child has none', async () => (await playing()).length === 0);
    });

    it('goes on while strangers send nonsense', async () => {
      cast.publish(supervisor.url('live/innocent'));
      const innocent = await get('live/innocent.flv');
      await media(innocent);
      for (const { name, text, status, serves } of BAD_REQUESTS) {
        if (serves !== undefined) continue;
        const stranger = await HttpPlayer.open(http, text);
        await stranger.ended;
        // Where the head was well, nothing being there may be said before the body is looked at.
        assert.ok([status, 404].includes(stranger.status), `${name}: ${stranger.head}`);
      }
      const had = innocent.size;
      await until('more media', () => innocent.size > had + MEDIA_BYTES);
      const behind = await get(
        'live/innocent.flv',
        '',
        'DELETE /api/v1/clients/1 HTTP/1.1',
        'Host: a',
      );
      await media(behind);
      assert.ok(!innocent.hasEnded);
    });

    it('lets nobody wait for ever', async () => {
      await vain.ended;
      assert.equal(vain.status, 404);
    });

    it('ends players at once when their child dies, and nobody else', async () => {
      const streams = ['live/d1', 'live/d2', 'live/d3'];
      for (const stream of streams) cast.publish(supervisor.url(stream));
      const owners = await Promise.all(streams.map((stream) => supervisor.ownerOf(stream)));
      const playing = await Promise.all(streams.map((stream) => get(`${stream}.flv`)));
      await Promise.all(playing.map(media));
      const { pid } = await supervisor.child(owners[0]?.child ?? '');
      process.kill(pid ?? 0, 'SIGKILL');
      await playing[0]?.ended;
      const others = playing.filter((_, index) => owners[index]?.child !== owners[0]?.child);
      assert.ok(others.length > 0);
      const had = others.map(({ size }) => size);
      await until('more media for the others', () =>
        others.every(({ size }, index) => size > (had[index] ?? 0) + MEDIA_BYTES),
      );
      assert.ok(others.every(({ hasEnded }) => !hasEnded));
    });
  });
}
