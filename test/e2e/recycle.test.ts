import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { publishedMessages } from '../helpers/published.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Times six seconds of the clip: longer than two lives of a child. */
const LOOPS = 20;
const MOST_STREAMS = 2;

for (const origin of origins()) {
  describe(`children with limits, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: 2,
        env: {
          SRS_SUPERVISOR_CHILDREN_RECYCLE_MEMORY: '1MB',
          SRS_SUPERVISOR_CHILDREN_RECYCLE_DRAIN_SECONDS: '600',
          SRS_SUPERVISOR_CHILDREN_MAX_STREAMS: `${MOST_STREAMS}`,
        },
      });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    const renewed = (id: string) =>
      until(`${id} in its second life`, async () => {
        const row = await supervisor.child(id);
        return row.state === 'ready' && row.generation === 2 && row;
      });

    it('recycles an idle child first, and the other one when its stream has ended', async () => {
      const url = supervisor.url('live/kept');
      const player = await cast.play(url);
      const publisher = cast.publish(url);
      const { child } = await supervisor.ownerOf('live/kept');
      const idle = child === 'c001' ? 'c002' : 'c001';
      const { restarts, lastError } = await renewed(idle);
      assert.deepEqual([restarts, lastError], [0, null]);

      const draining = await until('the busy one drains', async () => {
        const row = await supervisor.child(child);
        return row.state === 'draining' && row;
      });
      assert.equal(draining.generation, 1);
      assert.match(draining.why ?? '', /^it is recycled: its memory is \d+ MB, above .*\(1 MB\)$/);
      assert.ok(draining.since <= Date.now());
      cast.publish(supervisor.url('live/new'));
      assert.equal((await supervisor.ownerOf('live/new')).child, idle);

      assert.ok(await moreFor(player));
      const expected = (await publishedMessages(LOOPS)).slice(0, player.received.length);
      assert.deepEqual(player.received.slice(0, expected.length), expected);
      await publisher.kill();
      await player.close();
      await renewed(child);
      assert.match(supervisor.output, /"why":"its memory is .*"msg":"child is recycled/);
    });

    it('gives no child more streams than it may have, and says so', async () => {
      const streams = async () => (await supervisor.children()).map((row) => row.streams);
      await until('no stream left', async () => (await streams()).every((count) => count === 0));
      const name = (i: number) => supervisor.url(`live/one${i}`);
      for (let i = 0; i < 2 * MOST_STREAMS; i++) {
        await cast.hold(name(i));
        await supervisor.ownerOf(`live/one${i}`);
      }
      await assert.rejects(cast.hold(name(9)));
      assert.deepEqual(await streams(), [MOST_STREAMS, MOST_STREAMS]);
      for (const { generation, why } of await supervisor.children()) {
        assert.equal(generation, 2);
        assert.match(why ?? '', /no new streams: it has 2 of 2 streams \(children\.maxStreams\)/);
      }
    });
  });
}
