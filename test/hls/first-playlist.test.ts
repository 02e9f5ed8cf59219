import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FirstPlaylist, type FirstPlaylistOptions } from '../../src/hls/first-playlist.js';
import { origins } from '../helpers/origins.js';
import { BOUNDED, until } from '../helpers/until.js';
import { HlsRig } from './rig.js';

const NAME = { vhost: '__defaultVhost__', app: 'live', stream: 'x' };
const STREAM = '__defaultVhost__/live/x';
const LONG_MS = 60_000;

/** Options of a stream that is published, with so many places; and how many are taken. */
function places(free: number, options: Partial<FirstPlaylistOptions> = {}) {
  const taken = { now: 0 };
  const take = () => {
    if (taken.now >= free) return false;
    taken.now += 1;
    return true;
  };
  const giveBack = () => {
    taken.now -= 1;
  };
  const live = { isPublished: async () => true, makesHls: () => true };
  return { taken, options: { ...live, take, giveBack, waitMs: LONG_MS, ...options } };
}

for (const origin of origins())
  describe(`players before the first segment of ${origin.name}`, BOUNDED, () => {
    it('wait for it', async (t) => {
      const { options, taken } = places(2);
      const rig = await HlsRig.start(t, origin.path, { first: options });
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      const answers = ['', '?token=a'].map((query) => fetch(`${rig.url}/live/x.m3u8${query}`));
      await until('two players that wait', () => taken.now === 2);
      const third = await fetch(`${rig.url}/live/x.m3u8`);
      assert.deepEqual([third.status, third.headers.get('retry-after')], [503, '2']);
      rig.publish(t, child, 'live/x');
      for (const answer of await Promise.all(answers)) {
        assert.equal(answer.status, 200);
        assert.match(await answer.text(), /hls_ctx=\w{8}/);
      }
      assert.equal(taken.now, 0);
    });

    it('are told when to come again', async (t) => {
      const { options } = places(1, { waitMs: 300 });
      const rig = await HlsRig.start(t, origin.path, { first: options });
      rig.owners.set(STREAM, await rig.child('c001', 1));
      const { status, headers } = await fetch(`${rig.url}/live/x.m3u8`);
      assert.deepEqual([status, headers.get('retry-after')], [503, '2']);
    });

    it('are told at once that nobody publishes, or that there is no HLS', async (t) => {
      for (const none of [{ isPublished: async () => false }, { makesHls: () => false }]) {
        const rig = await HlsRig.start(t, origin.path, { first: places(1, none).options });
        rig.owners.set(STREAM, await rig.child('c001', 1));
        assert.equal((await fetch(`${rig.url}/live/x.m3u8`)).status, 404);
      }
    });
  });

describe('players that wait for a playlist', () => {
  it('share one look at the disk, and leave when they want', async () => {
    let looks = 0;
    let isThere = false;
    const { options, taken } = places(3);
    const first = new FirstPlaylist(options, async () => {
      looks += 1;
      return isThere;
    });
    const leaving = new AbortController();
    const ask = { name: NAME, ip: '198.51.100.7', signal: new AbortController().signal };
    const staying = [first.wait(ask), first.wait(ask)];
    const left = first.wait({ ...ask, signal: leaving.signal });
    assert.deepEqual([looks, taken.now], [1, 3]);
    leaving.abort();
    assert.equal(await left, false);
    assert.equal(taken.now, 2);
    isThere = true;
    assert.deepEqual(await Promise.all(staying), [true, true]);
    assert.equal(taken.now, 0);
  });
});
