import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { describe, it } from 'node:test';
import type { EarlyOptions } from '../../src/hls/early.js';
import type { HeldRequest, HookClient } from '../../src/listener/held-hooks.js';
import { NO_HOOK_CLIENT } from '../helpers/held-hooks.js';
import { origins } from '../helpers/origins.js';
import { BOUNDED, until } from '../helpers/until.js';
import { HlsRig, type RigChild } from './rig.js';

const STREAM = '__defaultVhost__/live/x';
const LONG_MS = 60_000;
const ID_PREFIX = 'held000';
/** Id of the first viewer that waits. */
const ID = `${ID_PREFIX}1`;

/** Options of a stream that is published, with so many places, and what happens meanwhile. */
function waitingRoom(free: number, options: Partial<EarlyOptions> = {}) {
  const room = { taken: 0, asked: [] as HeldRequest[], said: [] as string[], isIn: true };
  let opened = 0;
  // Each viewer has an id of its own: two with one id would share a session.
  const hookClient = (): HookClient => ({
    ...NO_HOOK_CLIENT,
    id: `${ID_PREFIX}${++opened}`,
    play: async (request) => {
      room.asked.push(request);
      return room.isIn;
    },
    served: () => void room.said.push('served'),
    leave: () => void room.said.push('left'),
  });
  const early: EarlyOptions = {
    whenPublished: async () => true,
    makesHls: () => true,
    hooks: { open: hookClient, hears: () => false },
    take: () => {
      if (room.taken >= free) return false;
      room.taken += 1;
      return true;
    },
    giveBack: () => {
      room.taken -= 1;
    },
    waitMs: LONG_MS,
    publisherMs: LONG_MS,
    ...options,
  };
  return { room, early };
}

/** A publisher that comes when the test says so. */
function publisher() {
  let come = (_isThere: boolean) => {};
  const coming = new Promise<boolean>((resolve) => {
    come = resolve;
  });
  let isThere = false;
  const whenPublished: EarlyOptions['whenPublished'] = (_stream, signal) => {
    if (isThere || signal.aborted) return Promise.resolve(isThere);
    const left = once(signal, 'abort').then(() => false);
    return Promise.race([coming, left]);
  };
  const comes = () => {
    isThere = true;
    come(true);
  };
  return { whenPublished, comes };
}

for (const origin of origins())
  describe(`viewers before the first segment of ${origin.name}`, BOUNDED, () => {
    it('wait for it, and have the session that hooks were told of', async (t) => {
      const { room, early } = waitingRoom(2);
      const rig = await HlsRig.start(t, origin.path, { early });
      const child = await rig.child('c001', 1);
      rig.owners.set(STREAM, child);
      const first = fetch(`${rig.url}/live/x.m3u8?token=a&y=1`, {
        headers: { referer: 'http://p/' },
      });
      await until('a viewer that waits', () => room.taken === 1);
      const second = fetch(`${rig.url}/live/x.m3u8`);
      await until('two viewers that wait', () => room.taken === 2);
      const third = await fetch(`${rig.url}/live/x.m3u8`);
      assert.deepEqual([third.status, third.headers.get('retry-after')], [503, '2']);
      const [request] = room.asked;
      assert.deepEqual(request, {
        name: { vhost: '__defaultVhost__', app: 'live', stream: 'x' },
        file: 'x.m3u8',
        tcUrl: 'http://127.0.0.1/live',
        param: '?token=a&y=1',
        pageUrl: 'http://p/',
      });
      rig.publish(t, child, 'live/x');
      const master = await (await first).text();
      assert.match(master, new RegExp(`^x\\.m3u8\\?hls_ctx=${ID}&token=a&y=1$`, 'm'));
      assert.equal((await second).status, 200);
      assert.deepEqual([room.taken, room.said.filter((word) => word === 'served').length], [0, 2]);
      const list = await fetch(`${rig.url}/live/x.m3u8?hls_ctx=${ID}&token=a&y=1`);
      assert.match(await list.text(), new RegExp(`\\.ts\\?hls_ctx=${ID}$`, 'm'));
    });

    it('wait for that of an origin whose files are not here', async (t) => {
      const { room, early } = waitingRoom(1);
      const owners = new Map<string, RigChild>();
      const find = async (stream: string) => {
        const owner = owners.get(stream);
        if (owner === undefined) return null;
        const { ports } = owner;
        return { owner, host: '127.0.0.1', ports, isForeign: true as const, release: () => {} };
      };
      const rig = await HlsRig.start(t, origin.path, { early, find });
      const child = await rig.child('o001', 1);
      owners.set(STREAM, child);
      const viewer = fetch(`${rig.url}/live/x.m3u8`);
      await until('it waits', () => room.taken === 1);
      rig.publish(t, child, 'live/x');
      assert.match(await (await viewer).text(), new RegExp(`hls_ctx=${ID}$`, 'm'));
      assert.deepEqual([room.asked.length, room.said], [1, ['served', 'left']]);
    });

    it('are told when to come again', async (t) => {
      const { room, early } = waitingRoom(1, { waitMs: 300 });
      const rig = await HlsRig.start(t, origin.path, { early });
      rig.owners.set(STREAM, await rig.child('c001', 1));
      const { status, headers } = await fetch(`${rig.url}/live/x.m3u8`);
      assert.deepEqual([status, headers.get('retry-after')], [503, '2']);
      assert.deepEqual(room.said, ['left']);
    });

    it('are told at once that nobody publishes, or that there is no HLS', async (t) => {
      for (const none of [{ whenPublished: async () => false }, { makesHls: () => false }]) {
        const { room, early } = waitingRoom(1, none);
        const rig = await HlsRig.start(t, origin.path, { early });
        rig.owners.set(STREAM, await rig.child('c001', 1));
        assert.equal((await fetch(`${rig.url}/live/x.m3u8`)).status, 404);
        assert.deepEqual(room.asked, []);
      }
    });
  });

describe('viewers of streams that a hook may start', BOUNDED, () => {
  const [origin] = origins().filter(({ name }) => name === 'mini-srs');
  const heard = (open: () => HookClient) => ({ hooks: { open, hears: () => true } });
  const roomOf = (options: Partial<EarlyOptions> = {}) => {
    const made = waitingRoom(2, options);
    return {
      ...made,
      early: { ...made.early, ...heard(made.early.hooks.open as () => HookClient) },
    };
  };

  it('wait for the publisher, and then for the first segment', async (t) => {
    const { whenPublished, comes } = publisher();
    const { room, early } = roomOf({ whenPublished });
    const rig = await HlsRig.start(t, origin?.path ?? '', { early });
    const viewer = fetch(`${rig.url}/live/x.m3u8`);
    await until('the hook is asked', () => room.asked.length === 1);
    const child = await rig.child('c001', 1);
    rig.owners.set(STREAM, child);
    rig.publish(t, child, 'live/x');
    comes();
    assert.equal((await viewer).status, 200);
    assert.deepEqual([room.asked.length, room.said], [1, ['served', 'left']]);
  });

  it('are refused at once where it says so', async (t) => {
    const { room, early } = roomOf({ whenPublished: publisher().whenPublished });
    room.isIn = false;
    const rig = await HlsRig.start(t, origin?.path ?? '', { early });
    assert.equal((await fetch(`${rig.url}/live/x.m3u8`)).status, 403);
    assert.deepEqual([room.taken, room.said], [0, ['left']]);
  });

  it('get 404 when nobody has come, and the file that is there at once', async (t) => {
    const { whenPublished } = publisher();
    const { room, early } = roomOf({ whenPublished, publisherMs: 100 });
    const rig = await HlsRig.start(t, origin?.path ?? '', {
      early,
      isFile: async ({ url }) => url === '/live/file.m3u8',
    });
    assert.equal((await fetch(`${rig.url}/live/file.m3u8`)).status, 404);
    assert.equal(room.asked.length, 0);
    assert.equal((await fetch(`${rig.url}/live/x.m3u8`)).status, 404);
    assert.equal(room.asked.length, 1);
  });

  it('give their place back when they leave', async (t) => {
    const { room, early } = roomOf({ whenPublished: publisher().whenPublished });
    const rig = await HlsRig.start(t, origin?.path ?? '', { early });
    const asking = get(`${rig.url}/live/x.m3u8`).on('error', () => {});
    await until('it waits', () => room.taken === 1);
    asking.destroy();
    await until('it has left', () => room.taken === 0 && room.said.includes('left'));
  });
});
