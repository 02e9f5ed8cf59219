import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { Cast } from '../helpers/cast.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { Ffmpeg } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP, ROOT } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

type Line = Readonly<Record<string, unknown>>;

/** Fields of every line. */
const COMMON = ['level', 'time', 'room', 'msg', 'withheld'];

/** Reads the tables of docs/logs.md: each message with its fields. */
function documented(): Map<string, string[]> {
  const text = readFileSync(join(ROOT, 'docs/logs.md'), 'utf8');
  const rows = text.matchAll(/^\| ([^`|-][^|]*) \| ?([^|]*)\|$/gm);
  return new Map(
    Array.from(rows, ([, msg = '', fields = '']) => {
      return [msg, Array.from(fields.matchAll(/`(\w+)`/g), ([, field = '']) => field)];
    }),
  );
}

describe('kinds of log lines', () => {
  it('are documented', () => {
    const known = documented();
    assert.ok(known.size > 20, [...known.keys()].join());
    assert.deepEqual(known.get('stream published'), ['stream', 'child', 'client']);
  });
});

for (const origin of origins()) {
  describe(`the log of a box, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let supervisor: RunningSupervisor;
    let ports: { readonly http: number; readonly api: number; readonly srt: number };

    before(async () => {
      ports = { http: await freePort(), api: await freePort(), srt: await freePort() };
      const env = {
        SRS_SUPERVISOR_LIMITS_API_REQUESTS_PER_IP: '1',
        SRS_SUPERVISOR_LOG_CONNECTIONS: '2',
        SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1',
        SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '3',
      };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports, env });
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
    });

    const lines = (): Line[] =>
      supervisor.output
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    /** Waits for a line with this message and these fields. */
    const said = (msg: string, fields: Line) =>
      until(
        () => `${msg} ${JSON.stringify(fields)}\n${supervisor.output}`,
        () =>
          lines().find(
            (line) =>
              line.msg === msg &&
              Object.entries(fields).every(([name, value]) => line[name] === value),
          ),
      );

    it('tells of a stream, its publisher and its RTMP and FLV players', async () => {
      const stream = '__defaultVhost__/live/cam';
      const publisher = cast.publish(supervisor.url('live/cam'));
      const { child } = await supervisor.ownerOf('live/cam');
      await said('stream published', { stream, child, client: '127.0.0.1' });
      const player = await cast.play(supervisor.url('live/cam'));
      await until('media', () => player.received.length > 10);
      const [row] = (await supervisor.connections()).filter(({ role }) => role === 'play');
      player.close();
      const ended = await said('connection ended', { stream, child, role: 'play', room: 'rtmp' });
      assert.deepEqual([ended.id, ended.client, ended.alias], [row?.id, row?.client, row?.alias]);
      // A player that leaves bytes unread resets its connection.
      assert.match(String(ended.end), /^(closed|client-reset)$/);
      assert.ok(Number(ended.bytesOut) > 1000);
      const flv = await HttpPlayer.get(ports.http, '/live/cam.flv');
      await until('media', () => flv.size > 1000);
      flv.close();
      await said('connection ended', { stream, child, role: 'play', room: 'http' });
      await publisher.kill();
      await said('stream unpublished', { stream, child });
      const { bytesIn } = await said('connection ended', { stream, role: 'publish' });
      assert.ok(Number(bytesIn) > 1000);
    });

    it('names a client by one id: in its line, in SRS’s API and in the admin port’s list', async () => {
      cast.publish(supervisor.url('live/named'));
      await supervisor.ownerOf('live/named');
      const player = await cast.play(supervisor.url('live/named'));
      await until('media', () => player.received.length > 10);
      const row = (await supervisor.connections()).find(({ client }) => client === player.address);
      assert.ok(row);
      const shown = await until('its row in the API', async () => {
        const answer = await fetch(`http://127.0.0.1:${ports.api}/api/v1/clients/?count=100`);
        if (answer.status !== 200) return null;
        const { clients } = (await answer.json()) as { clients: Line[] };
        return clients.find(({ connection }) => connection === row.id);
      });
      assert.deepEqual([shown.child, shown.ip, shown.publish], [row.child, '127.0.0.1', false]);
      await player.close();
      const { client, alias } = await said('connection ended', { id: row.id });
      assert.deepEqual([client, alias], [row.client, row.alias]);
    });

    it('tells of an HLS session once, with the bytes of its segments', async () => {
      const publisher = cast.publish(supervisor.url('live/hls'));
      const viewer = await HlsViewer.join(`http://127.0.0.1:${ports.http}/live/hls.m3u8`);
      const list = await until('a segment', async () => {
        const found = await viewer.list();
        return found.segments.length > 0 ? found : null;
      });
      const [segment] = list.segments;
      const { href } = new URL(segment?.uri ?? '', viewer.url);
      const { byteLength } = await (await fetch(href)).arrayBuffer();
      const ended = await said('hls session ended', { id: viewer.session, client: '127.0.0.1' });
      assert.ok(Number(ended.bytesOut) > byteLength, JSON.stringify(ended));
      assert.equal(ended.stream, '__defaultVhost__/live/hls');
      assert.equal(lines().filter(({ msg }) => msg === 'hls session ended').length, 1);
      await publisher.kill();
    });

    it('tells who was refused and why, and which request', async () => {
      const url = `http://127.0.0.1:${ports.api}/api/v1/summaries`;
      const refused = await until('an answer 429', async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(url)));
        return answers.find(({ status }) => status === 429);
      });
      const request = refused.headers.get('x-request-id');
      assert.match(request ?? '', /^[\w-]+$/);
      const line = await said('request refused', { limit: 'limits.apiRequestsPerIp' });
      assert.equal(line.client, '127.0.0.1');
      const own = await fetch(`http://127.0.0.1:${ports.http}/live/none.flv`, { method: 'HEAD' });
      assert.equal(own.headers.get('x-request-id'), null);
      const admin = `http://127.0.0.1:${supervisor.adminPort}/admin/v1/status`;
      const named = await fetch(admin, { headers: { 'x-request-id': 'mine-1' } });
      assert.equal(named.headers.get('x-request-id'), 'mine-1');
    });

    it('tells of an SRT caller at its end', { skip: origin.name !== 'srs' }, async () => {
      const url = `srt://127.0.0.1:${ports.srt}?streamid=#!::r=live/srt,m=publish`;
      const clip = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy'];
      const publisher = new Ffmpeg('ffmpeg', [...clip, '-f', 'mpegts', url]);
      await supervisor.ownerOf('live/srt');
      publisher.process.kill('SIGINT');
      await publisher.ended;
      await said('connection ended', { room: 'srt', role: 'publish', end: 'closed' });
    });

    it('tells of a child that dies, with its streams', async () => {
      const stream = '__defaultVhost__/live/lost';
      cast.publish(supervisor.url('live/lost'));
      const { child } = await supervisor.ownerOf('live/lost');
      await said('stream published', { stream });
      signal((await supervisor.child(child)).pid ?? 0, 'SIGKILL');
      const { names } = await said('child down: its clients are closed', { child });
      assert.ok((names as string[]).includes(stream));
      const ended = await said('connection ended', { stream, child, role: 'publish' });
      assert.match(String(ended.end), /destroyed|child-reset|closed/);
    });

    it('leaves out lines of a storm, and says how many; no other fields than documented', async () => {
      await until('a child', async () => {
        return (await supervisor.children()).every(({ state }) => state === 'ready');
      });
      cast.publish(supervisor.url('live/storm'));
      await supervisor.ownerOf('live/storm');
      const players = Array.from({ length: 40 }, () => cast.play(supervisor.url('live/storm')));
      for (const player of await Promise.all(players)) await player.close();
      await said('connection ended', { stream: '__defaultVhost__/live/storm' });
      await until('a number of lines', () =>
        lines().some(({ msg, withheld }) => msg === 'connection ended' && Number(withheld) > 0),
      );
      assert.equal(await supervisor.stop(), 0);
      await said('stopped', {});
      const known = documented();
      for (const line of lines()) {
        const fields = known.get(String(line.msg));
        if (fields === undefined && line.level === 'warn') continue;
        const unknown = Object.keys(line).filter(
          (name) => !COMMON.includes(name) && !fields?.includes(name),
        );
        assert.deepEqual(unknown, [], JSON.stringify(line));
      }
    });
  });
}
