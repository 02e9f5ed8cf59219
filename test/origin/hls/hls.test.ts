import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../../helpers/until.js';
import { play, probe, publish, REAL_SRS, TestOrigin } from '../helpers.js';
import { RtmpClient } from '../rtmp-client.js';

type Call = Record<string, unknown>;

const BINARIES: readonly (readonly [string, string | null])[] = [
  ['mini-srs', ''],
  ['the real SRS', REAL_SRS],
];

/** Keys behind the seven that all hooks share, as a real SRS 7.0.18 sends them. */
const ON_HLS =
  'tcUrl,stream,param,duration,cwd,file,url,m3u8,m3u8_url,seq_no,stream_url,stream_id'.split(',');

for (const [name, binary] of BINARIES) {
  describe(`HLS of ${name}`, {
    timeout: 400_000,
    skip: binary === null && 'the real SRS is not here',
  }, () => {
    let hooks: Server;
    let origin: TestOrigin;
    let base: string;
    const calls: Call[] = [];
    const gets: string[] = [];
    const encoders: { stop(signal: NodeJS.Signals): Promise<unknown> }[] = [];

    before(async () => {
      hooks = createServer(async (request, response) => {
        let body = '';
        for await (const piece of request) body += String(piece);
        if (request.method === 'GET') gets.push(request.url ?? '');
        else calls.push(JSON.parse(body) as Call);
        const refused = body.includes('"stream":"no.m3u8"');
        response.end(refused ? '1' : '0');
      }).listen(0, '127.0.0.1');
      await once(hooks, 'listening');
      const url = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
      origin = await TestOrigin.start({
        ...(binary ? { binary } : {}),
        vhost: `hls { enabled on; hls_path HTML; hls_fragment 1; hls_window 3; hls_dispose 10; }
          http_hooks { enabled on; on_play ${url}/; on_stop ${url}/; on_hls ${url}/;
            on_hls_notify ${url}/n/[app]/[stream]/[ts_url][param]; }`,
      });
      base = `http://127.0.0.1:${origin.http}`;
    });
    afterEach(async () => {
      for (const encoder of encoders.splice(0)) await encoder.stop('SIGKILL');
    });
    after(async () => {
      await origin.close();
      hooks.close();
    });

    const find = (action: string, stream: string): Call | undefined =>
      calls.find((call) => call.action === action && call.stream === stream);

    async function live(stream: string): Promise<void> {
      encoders.push(publish(`${origin.tcUrl}/${stream}?tok=1`));
      const file = path.join(origin.dir, `html/live/${stream}.m3u8`);
      await until('the playlist', () => existsSync(file), 60_000);
    }

    /** The master playlist's one line, which is where the session is. */
    async function session(stream: string, headers = {}): Promise<string> {
      const master = await fetch(`${base}/live/${stream}.m3u8?a=1&b=2`, { headers });
      assert.equal(master.headers.get('content-type'), 'application/vnd.apple.mpegurl');
      const lines = (await master.text()).trim().split('\n');
      assert.equal(lines[1], '#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1');
      assert.match(lines[2] ?? '', /^\/live\/\w+\.m3u8\?hls_ctx=[0-9a-z]{8}&a=1&b=2$/);
      return lines[2] ?? '';
    }

    it('is there from the first segment on, and real players play it', async () => {
      const early = await fetch(`${base}/live/s.m3u8`);
      assert.equal(early.status, 404);
      await live('s');
      const media = await (await fetch(base + (await session('s')))).text();
      assert.match(media, /^#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:\d+\n#EXT-X-TARGET/);
      assert.match(media, /\ns-\d+\.ts\?hls_ctx=[0-9a-z]{8}\n/);
      const uri = media.split('\n').findLast((line) => line.includes('.ts')) ?? '';
      const segment = await fetch(`${base}/live/${uri}`);
      assert.equal(segment.headers.get('content-type'), 'video/MP2T');
      assert.equal((await segment.arrayBuffer()).byteLength % 188, 0);
      const codecs = new Set((await probe(`${base}/live/s.m3u8`)).split(','));
      assert.deepEqual([...codecs], ['aac', 'h264']);
      assert.equal(await play(`${base}/live/s.m3u8`, 2), '0');
    });

    it('shows each session as a client, tells the hooks, and bars who is kicked', async () => {
      await live('k');
      const at = await session('k', { 'X-Forwarded-For': '9.8.7.6', Referer: 'http://page/' });
      const id = /hls_ctx=(\w+)/.exec(at)?.[1] ?? '';
      const { client } = (await origin.get(`clients/${id}`)) as { client: Call };
      const { ip, type, name, url, publish: publishes } = client;
      assert.deepEqual(
        [ip, type, name, url, publishes],
        ['9.8.7.6', 'hls-play', 'k.m3u8', '/live/k', false],
      );
      const played = find('on_play', 'k.m3u8') ?? {};
      assert.deepEqual(
        [played.client_id, played.ip, played.param, played.pageUrl, played.stream_url],
        [id, '9.8.7.6', '?a=1&b=2', 'http://page/', '/live/k'],
      );
      await fetch(`http://127.0.0.1:${origin.api}/api/v1/clients/${id}`, { method: 'DELETE' });
      const barred = await fetch(base + at);
      assert.equal(barred.status, 404);
      assert.equal(await barred.text(), `HLS stream ${id} is EOF`);
      assert.deepEqual(await origin.get(`clients/${id}`), { code: 2049 });
      // Twice the window after its last playlist the session is over.
      await until('on_stop', () => find('on_stop', 'k.m3u8')?.client_id === id, 30_000);
      const anew = await (await fetch(base + at)).text();
      assert.match(anew, new RegExp(`\\?hls_ctx=${id}\n$`));
    });

    it('tells the hooks of each segment', async () => {
      await live('h');
      const call = await until('on_hls', () => find('on_hls', 'h'));
      assert.deepEqual(Object.keys(call).slice(7), ON_HLS);
      const html = path.join(origin.dir, 'html');
      const { param, file, url, m3u8, m3u8_url: m3u8Url, seq_no: seq } = call;
      assert.deepEqual(
        [param, file, url, m3u8, m3u8Url, seq],
        ['?tok=1', `${html}/live/h-0.ts`, 'live/h-0.ts', `${html}/live/h.m3u8`, 'live/h.m3u8', 0],
      );
      await until('on_hls_notify', () => gets.includes('/n/live/h/h-0.ts?tok=1'));
    });

    it('closes a player that on_play refuses', async () => {
      await live('no');
      await assert.rejects(fetch(`${base}/live/no.m3u8`));
    });

    it('goes on in number when the publisher comes back, and is gone after SIGTERM', async () => {
      // SRS forgets a stream, and its numbers, three seconds after the last who uses it.
      const holder = await RtmpClient.open(origin.rtmp);
      holder.play(origin.tcUrl, 'r');
      await live('r');
      await until('a segment', () => find('on_hls', 'r'));
      await encoders.pop()?.stop('SIGKILL');
      const count = (): number =>
        calls.filter(({ stream, seq_no }) => stream === 'r' && seq_no !== undefined).length;
      const before = count();
      await live('r');
      await until('another segment', () => count() > before + 2, 30_000);
      const numbers = calls.filter(({ stream }) => stream === 'r').map((call) => call.seq_no);
      assert.deepEqual(
        numbers.filter((seq) => seq !== undefined),
        [...Array(count()).keys()],
      );
      holder.close();
      assert.equal(await origin.program.stop(), 0);
      const left = await readdir(path.join(origin.dir, 'html/live'));
      assert.deepEqual(
        left.filter((file) => file.startsWith('r')),
        [],
      );
    });
  });
}
