import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Cast } from '../helpers/cast.js';
import { Cluster, publishOn, streamOn } from '../helpers/cluster.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { MINI_SRS, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { moreFor, type RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Past all limits of children, boxes and publishers: SRS gives these up after 20 s. */
const STOOD_MS = 25_000;
const PROMISED_MS = 3_000;
/** The machine may be busy. */
const SOON_MS = 15_000;

/** Nothing of the process runs meanwhile: what a frozen machine is to those on others. */
async function standStill(supervisor: RunningSupervisor): Promise<void> {
  process.kill(supervisor.pid, 'SIGSTOP');
  await delay(STOOD_MS);
  process.kill(supervisor.pid, 'SIGCONT');
}

const media = (player: RtmpPlayer) =>
  until('media', () => player.hasEnded || player.received.length > 50);

/** Waits until a client has media, or the end; fails if it has neither for so long. */
async function truthFor(count: () => number, hasEnded: () => boolean): Promise<string> {
  // What was on its way when the process stood still has come by then.
  await delay(PROMISED_MS);
  const before = count();
  const flows = () => count() > before + 20;
  return until('media or the end', () => (hasEnded() ? 'closed' : flows() && 'flowing'), SOON_MS);
}

for (const origin of origins()) {
  describe(`a supervisor that stood still, on ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let http: number;
    const cast = new Cast();

    before(async () => {
      http = await freePort();
      const ports = { http };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    it('kills no child for it, and leaves no client without media or an end', async (t) => {
      const url = supervisor.url('live/still');
      const publisher = cast.publish(url);
      await supervisor.ownerOf('live/still');
      const players = [await cast.play(url), await cast.play(url)];
      await Promise.all(players.map(media));
      const flv = await HttpPlayer.get(http, '/live/still.flv');
      t.after(() => flv.close());
      await until('FLV', () => flv.size > 10_000);
      const pids = (await supervisor.children()).map(({ pid }) => pid);

      await standStill(supervisor);
      const since = performance.now();
      const seen = await Promise.all([
        ...players.map((one) =>
          truthFor(
            () => one.received.length,
            () => one.hasEnded,
          ),
        ),
        truthFor(
          () => flv.size / 1000,
          () => flv.hasEnded,
        ),
      ]);
      t.diagnostic(`publisher: ${publisher.isRunning ? 'there' : 'lost'}`);
      t.diagnostic(`players: ${seen} after ${Math.round(performance.now() - since)} ms`);
      await publisher.kill();
      // A new one under the very name, and its players.
      cast.publish(url);
      const again = await until('a player with media', async () => {
        const player = await cast.play(url).catch(() => null);
        if (player === null) return null;
        await until('media or an end', () => player.hasEnded || player.received.length > 10);
        return !player.hasEnded && player;
      });
      t.diagnostic(`media again after ${Math.round(performance.now() - since)} ms`);
      await moreFor(again);
      const children = await supervisor.children();
      assert.deepEqual(
        children.map(({ pid, generation }) => ({ pid, generation })),
        pids.map((pid) => ({ pid, generation: 1 })),
      );
      assert.match(supervisor.output, /stood still/);
    });
  });
}

describe('a box that stood still', BOUNDED, () => {
  let cluster: Cluster;
  const cast = new Cast();

  before(async () => {
    cluster = await Cluster.start({ origin: MINI_SRS, children: 1 });
  });
  afterEach(() => cast.close());
  after(() => cluster?.dispose());

  it('finds its place in Redis again, and yields a name that was taken meanwhile', async (t) => {
    const { a, b } = cluster;
    await publishOn(cast, a, 'live/kept');
    await publishOn(cast, a, 'live/taken');
    const loser = await cast.play(a.supervisor.url('live/taken'));
    await media(loser);

    process.kill(a.supervisor.pid, 'SIGSTOP');
    const stoppedAt = performance.now();
    // The other box sees it as dead, and lets an encoder that comes there have the name.
    await publishOn(cast, b, 'live/taken');
    await delay(Math.max(0, STOOD_MS - (performance.now() - stoppedAt)));
    process.kill(a.supervisor.pid, 'SIGCONT');

    const since = performance.now();
    await loser.ended;
    await cluster.settled(2);
    t.diagnostic(`known again after ${Math.round(performance.now() - since)} ms`);
    await until(
      'one owner',
      async () =>
        (await streamOn(a, 'live/taken'))?.box !== undefined ||
        (await streamOn(a, 'live/taken')) === null,
    );
    const player = await cast.play(a.supervisor.url('live/taken'));
    await media(player);
    assert.ok(!player.hasEnded);
    const kept = await publishOn(cast, a, 'live/kept');
    assert.ok(kept.isRunning);
    const viewer = await cast.play(b.supervisor.url('live/kept'));
    await media(viewer);
    assert.ok(!viewer.hasEnded);
    assert.equal((await a.supervisor.child('c001')).generation, 1);
  });
});
