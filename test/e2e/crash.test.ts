import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { firstMessages } from '../helpers/first-messages.js';
import { origins } from '../helpers/origins.js';
import { isAlive } from '../helpers/processes.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Times six seconds of the clip. */
const LOOPS = 2;
/** Messages compared: seven seconds, longer than a child needs to come back. */
const COMPARED = 480;
const PLAYERS = 3;

for (const origin of origins()) {
  describe(`crashes on ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3 });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    const someMedia = (players: readonly RtmpPlayer[]) =>
      until('media for all', () => players.every(({ received }) => received.length > 10));

    const playAll = (stream: string) =>
      Promise.all(Array.from({ length: PLAYERS }, () => cast.play(supervisor.url(stream))));

    async function ownerOf(stream: string) {
      const { child } = await supervisor.ownerOf(stream, false);
      return supervisor.child(child);
    }

    /** Publishes the stream anew, and answers when a new player has media of it. */
    async function assertServed(stream: string): Promise<void> {
      cast.publish(supervisor.url(stream));
      await someMedia([await cast.play(supervisor.url(stream))]);
    }

    it('a killed child takes its own clients with it and not a byte of others', async (t) => {
      const expected = (await firstMessages(LOOPS)).slice(0, COMPARED);
      assert.equal(expected.length, COMPARED);
      await supervisor.calm();
      const names = ['live/victim', 'live/other1', 'live/other2'];
      const players: RtmpPlayer[][] = [];
      for (const name of names) players.push(await playAll(name));
      const [victims = [], ...others] = players;
      const publisher = cast.publish(supervisor.url(names[0]!));
      await someMedia(victims);
      for (const name of names.slice(1)) cast.publish(supervisor.url(name));
      await someMedia(others.flat());
      const owners = await Promise.all(names.map(ownerOf));
      assert.equal(new Set(owners.map(({ id }) => id)).size, 3);
      const [victim] = owners;
      assert.ok(victim?.pid);
      const early = others.flat().every(({ received }) => received.length < COMPARED / 2);
      const killedAt = performance.now();
      const since = () => `${Math.round(performance.now() - killedAt)} ms after the kill`;
      process.kill(victim.pid, 'SIGKILL');
      await Promise.all(victims.map(({ ended }) => ended));
      t.diagnostic(`its players were closed ${since()}`);
      assert.notEqual(await publisher.ended, 0);
      const served = assertServed(names[0]!).then(() =>
        t.diagnostic(`its stream played again ${since()}`),
      );
      await Promise.all([served, assertReplaced(t, victim.id, victim.pid, since)]);

      await until('enough to compare', () =>
        others.flat().every(({ received }) => received.length >= COMPARED),
      );
      for (const player of others.flat()) {
        assert.ok(!player.hasEnded);
        assert.deepEqual(player.received.slice(0, COMPARED), expected);
      }
      assert.ok(early, 'this machine was so slow that the kill came too late to prove anything');
    });

    async function assertReplaced(t: TestContext, id: string, pid: number, since: () => string) {
      const child = await until('its next life', async () => {
        const row = await supervisor.child(id);
        return row.state === 'ready' && row.pid !== pid && row;
      });
      t.diagnostic(`the child was ready again ${since()}`);
      assert.deepEqual([child.generation, child.restarts], [2, 1]);
      assert.ok(!(await isAlive(pid)));
      const others = (await supervisor.children()).filter((row) => row.id !== id);
      assert.ok(others.every(({ generation }) => generation === 1));
    }

    it('a hung child is noticed and replaced', async (t) => {
      const [stream, url] = ['live/hung', supervisor.url('live/hung')];
      const publisher = cast.publish(url);
      const player = await cast.play(url);
      await someMedia([player]);
      const { id, pid, generation } = await ownerOf(stream);
      assert.ok(pid);

      const stoppedAt = performance.now();
      process.kill(pid, 'SIGSTOP');
      await player.ended;
      assert.notEqual(await publisher.ended, 0);
      const child = await until('its next life', async () => {
        const row = await supervisor.child(id);
        return row.state === 'ready' && row.pid !== pid && row;
      });
      t.diagnostic(`replaced ${Math.round(performance.now() - stoppedAt)} ms after it hung`);
      assert.equal(child.generation, generation + 1);
      assert.ok(!(await isAlive(pid)));
      await assertServed(stream);
    });
  });
}
