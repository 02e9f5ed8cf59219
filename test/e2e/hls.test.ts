import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Kicked } from '../../src/admin/kick-route.js';
import type { MediaPlaylist } from '../../src/protocol/hls/playlist.js';
import { Cast } from '../helpers/cast.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const VHOST = 'other.example.com';
const ENV = {
  SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1',
  SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '8',
  SRS_SUPERVISOR_VHOSTS: `${VHOST}=flv`,
};
/** Four seconds of the clip: several segments. */
const FRAMES = 100;

for (const origin of origins()) {
  describe(`HLS of ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let base: string;
    const cast = new Cast();

    before(async () => {
      const http = await freePort();
      base = `http://127.0.0.1:${http}`;
      const options = { origin: origin.path, children: 2, ports: { http }, env: ENV };
      supervisor = await RunningSupervisor.start(options);
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    it('is played by ffmpeg, until its stream is kicked', async () => {
      const publisher = cast.publish(supervisor.url('live/x'));
      const viewer = await HlsViewer.join(`${base}/live/x.m3u8`);
      const player = cast.playFrames(`${base}/live/x.m3u8?token=1`, FRAMES);
      assert.equal(await player.ended, 0, player.errors);
      assert.equal(framesOf(player), FRAMES);
      assert.ok((await viewer.poll()).ok);
      const { connections, sessions } = await supervisor.post<Kicked>('kick', { stream: 'live/x' });
      assert.deepEqual([connections.length, sessions >= 1], [1, true]);
      assert.notEqual(await publisher.ended, 0);
      await until('the end of the session', async () => (await viewer.poll()).status === 404);
    });

    it('keeps streams of two vhosts apart', async () => {
      cast.publish(supervisor.url('live/same'));
      cast.publish(supervisor.url(`live/same?vhost=${VHOST}`));
      const one = await HlsViewer.join(`${base}/live/same.m3u8`);
      const two = await HlsViewer.join(`${base}/live/same.m3u8?vhost=${VHOST}`);
      const names = async (viewer: HlsViewer) =>
        (await viewer.list()).segments.map(({ uri }) => uri.replace(/\?.*/, ''));
      const first = await names(one);
      assert.ok(!(await names(two)).some((name) => first.includes(name)));
      for (const viewer of [one, two]) {
        const { segments } = await viewer.list();
        assert.ok((await viewer.segment(segments.at(-1)?.uri ?? '')).ok);
      }
    });

    it('takes no stream whose name leads out of its directory', async () => {
      const publisher = cast.publish(supervisor.url('live/../../../../stray/x'));
      assert.notEqual(await publisher.ended, 0);
      assert.ok(!existsSync(join(supervisor.workDir, 'stray')));
      assert.ok(!existsSync(join(supervisor.workDir, 'hls/stray')));
    });

    it('goes on where the child of a stream is killed', async () => {
      const publisher = cast.publish(supervisor.url('live/moved'));
      const viewer = await HlsViewer.join(`${base}/live/moved.m3u8`);
      const first = await until('segments', async () => {
        const list = await viewer.list();
        return list.segments.length >= 4 && list;
      });
      const { child } = await supervisor.ownerOf('live/moved');
      process.kill((await supervisor.child(child)).pid ?? 0, 'SIGKILL');
      const known = new Map<string, number>();
      remember(known, first);
      await publisher.ended;
      cast.publish(supervisor.url('live/moved'));
      const last = first.segments.at(-1)?.uri;
      const after = await until('the next child’s segments', async () => {
        const list = await viewer.list();
        remember(known, list);
        const [joint, ...more] = list.segments.filter(({ uri }) => !isOf(uri, first));
        return joint !== undefined && more.length > 0 && { list, joint };
      });
      assert.ok(after.joint.discontinuity || after.list.discontinuitySequence > 0);
      assert.ok(after.list.segments.some(({ uri }) => uri === last));
      for (const { uri } of after.list.segments) {
        assert.ok((await viewer.segment(uri)).ok, uri);
      }
    });
  });
}

/** No segment changes its number, and none has that of another. */
function remember(known: Map<string, number>, { sequence, segments }: MediaPlaylist): void {
  segments.forEach(({ uri }, at) => {
    const number = sequence + at;
    assert.equal(known.get(uri) ?? number, number, uri);
    known.set(uri, number);
  });
  assert.equal(new Set(known.values()).size, known.size, 'one number, one segment');
}

/** Tells whether the life that wrote a segment wrote those of the list too. */
function isOf(uri: string, { segments }: MediaPlaylist): boolean {
  const life = (name: string) => /-(c\d+-\d+)-\d+-\d+\.ts/.exec(name)?.[1];
  return life(uri) === life(segments[0]?.uri ?? '');
}
