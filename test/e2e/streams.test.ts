import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import { clientsOn, publishedOn } from '../helpers/child-api.js';
import { assertDecoded, framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const STREAMS = ['live/s1', 'live/s2', 'live/s3', 'live/s4', 'live/s5', 'live/s6'];
/** Two seconds of the clip: two keyframes at least. */
const FRAMES = 50;
const NO_LIMIT = 1_000_000;

for (const origin of origins()) {
  describe(`streams on ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3 });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    /** Waits until a player gets more than it has. */
    function moreFor(player: RtmpPlayer): Promise<boolean> {
      const had = player.received.length;
      return until('more media', () => player.received.length > had + FRAMES);
    }

    it('spreads them evenly, and early, eager and late players all see pictures', async () => {
      await supervisor.calm();
      const play = (stream: string) => cast.playFrames(supervisor.url(stream), FRAMES);
      const early = STREAMS.map(play);
      await until('early players wait', async () => {
        const { heldPlayers } = await supervisor.get<AdminStatus>('status');
        return heldPlayers === STREAMS.length;
      });
      const publishers = STREAMS.map((stream) => cast.publish(supervisor.url(stream)));
      const eager = STREAMS.map(play);
      await Promise.all(STREAMS.map((stream) => supervisor.ownerOf(stream)));
      const late = STREAMS.map(play);
      await Promise.all(
        [...early, ...eager, ...late].map((player) => assertDecoded(player, FRAMES)),
      );

      const claims = await supervisor.streams();
      for (const child of await supervisor.children()) {
        const claimed = claims.filter((row) => row.child === child.id).map(({ stream }) => stream);
        const served = (await publishedOn(child)).map((name) => `__defaultVhost__/${name}`);
        assert.equal(served.length, 2, `${child.id}: ${served}`);
        assert.deepEqual(claimed, served);
        assert.equal(child.streams, 2);
      }
      assert.ok(publishers.every(({ isRunning }) => isRunning));
    });

    it('brings a publisher back to its child, where its players wait', async () => {
      const [stream, url] = ['live/again', supervisor.url('live/again')];
      const first = cast.publish(url);
      const { child } = await supervisor.ownerOf(stream);
      const waiting = await cast.play(url);
      const decoding = cast.playFrames(url, NO_LIMIT);
      await moreFor(waiting);
      await until('pictures', () => framesOf(decoding) > 0);

      await first.kill();
      await until('it is left', async () => !(await supervisor.ownerOf(stream, false)).publishing);
      const before = framesOf(decoding);
      cast.publish(url);
      assert.equal((await supervisor.ownerOf(stream)).child, child);
      await moreFor(waiting);
      await until('pictures again', () => framesOf(decoding) > before + FRAMES);
      assert.ok(!waiting.hasEnded && decoding.isRunning);
    });

    it('keeps the child for a while when everybody has left', async () => {
      const [stream, url] = ['live/grace', supervisor.url('live/grace')];
      const owners = new Set<string>();
      for (const round of [1, 2, 3]) {
        const publisher = await cast.hold(url);
        const { child, since } = await supervisor.ownerOf(stream);
        owners.add(`${child} ${since}`);
        publisher.close();
        await until(`nobody after round ${round}`, async () => {
          const claim = await supervisor.ownerOf(stream, false);
          return claim.clients === 0;
        });
      }
      assert.equal(owners.size, 1);
    });

    it('tells whom the address in a child’s API stands for', async () => {
      const [stream, url] = ['live/alias', supervisor.url('live/alias')];
      cast.publish(url);
      const owner = await supervisor.child((await supervisor.ownerOf(stream)).child);
      const player = await cast.play(url);
      await moreFor(player);

      const rows = (await supervisor.connections()).filter((row) => row.stream?.endsWith(stream));
      assert.deepEqual(rows.map(({ role }) => role).sort(), ['play', 'publish']);
      for (const { alias, role } of rows) {
        assert.match(alias ?? '', /^127\.[1-9]\d*\.\d+\.\d+$/);
        const known = (await clientsOn(owner)).filter(({ ip }) => ip === alias);
        assert.deepEqual(
          known.map(({ name, publish }) => ({ name, publish })),
          [{ name: 'alias', publish: role === 'publish' }],
        );
      }
      assert.equal(rows.find(({ role }) => role === 'play')?.client, player.address);
    });

    it('lets a child turn a second publisher away, and the first goes on', async () => {
      const [stream, url] = ['live/busy', supervisor.url('live/busy')];
      const first = cast.publish(url);
      const { child, since } = await supervisor.ownerOf(stream);
      const player = await cast.play(url);
      await moreFor(player);

      const second = cast.publish(url);
      assert.notEqual(await second.ended, 0);
      await moreFor(player);
      assert.ok(first.isRunning && !player.hasEnded);
      const claim = await supervisor.ownerOf(stream);
      assert.deepEqual({ child: claim.child, since: claim.since }, { child, since });
    });
  });
}
