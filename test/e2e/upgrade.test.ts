import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { UpgradePlan, UpgradeStatus } from '../../src/admin/types.js';
import type { EventEntry } from '../../src/events/event.js';
import { Cast } from '../helpers/cast.js';
import { FlvPlayer } from '../helpers/flv-player.js';
import { origins } from '../helpers/origins.js';
import { FAILS, makePackage } from '../helpers/package.js';
import { freePort } from '../helpers/ports.js';
import { processesWith } from '../helpers/processes.js';
import { publishedMessages } from '../helpers/published.js';
import { type Fingerprint, moreFor } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { upgraded } from '../helpers/upgrading.js';

/** Upgrades one after another. */
const ROUNDS = 3;
/** Repetitions of the clip that last longer than the test does. */
const LOOPS = 40;
/** Messages of a player's beginning: headers, and what was cached for it. */
const BEGINNING = 40;

const CANNOT_FOLLOW = "process.stderr.write('it is no program\\n'); process.exit(3);\n";

/** Asserts that a player got a piece of what was published without a gap, behind its beginning. */
function assertRun(received: readonly Fingerprint[], published: readonly Fingerprint[]): void {
  const got = received.slice(BEGINNING);
  const [first = ''] = got;
  const at = published.indexOf(first);
  assert.deepEqual(got, published.slice(at, at + got.length));
}

for (const origin of origins()) {
  describe(`an upgrade in place, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let http: number;
    let folder: string;
    const cast = new Cast();
    const viewers = new Set<FlvPlayer>();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-package-'));
      http = await freePort();
      const size = { origin: origin.path, children: 2 };
      supervisor = await RunningSupervisor.start({ ...size, ports: { http } });
    });
    afterEach(async () => {
      for (const viewer of viewers) viewer.close();
      viewers.clear();
      await cast.close();
    });
    after(async () => {
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    const status = () => supervisor.get<UpgradeStatus>('upgrade');

    /** Orders an upgrade; resolves when the process has another program, or the same one again. */
    const upgrade = async (to?: string, meanwhile = async () => {}): Promise<UpgradeStatus> => {
      return upgraded(supervisor, async () => {
        const plan = await supervisor.post<UpgradePlan & { error?: string }>('upgrade', { to });
        assert.equal(plan.error, undefined);
        await meanwhile();
      });
    };

    const packageOf = (name: string, script: string) => makePackage(join(folder, name), script);

    const view = (path: string) => {
      const viewer = new FlvPlayer(http, path);
      viewers.add(viewer);
      return viewer;
    };

    it('ends nobody, refuses nobody, and loses no media, three times in a row', async () => {
      const url = supervisor.url('live/kept');
      const player = await cast.play(url);
      const publisher = cast.publish(url);
      await until('media', () => player.received.length > 50);
      // SRS shows an HTTP-FLV viewer only the tracks that it knows when that one comes.
      const viewer = view('/live/kept.flv');
      await until('media by HTTP', () => viewer.tags.length > 50);
      const { since } = await supervisor.ownerOf('live/kept');
      const events = await supervisor.get<EventEntry[]>('events');
      const pids = (await supervisor.children()).map(({ pid }) => pid);
      const ids = (await supervisor.connections()).map(({ id }) => id).sort();
      const late: Promise<unknown>[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const done = await upgrade(undefined, async () => {
          late.push(cast.play(url).then((newcomer) => moreFor(newcomer)));
        });
        assert.deepEqual([done.state, done.upgrades, done.error], ['done', round, null]);
        assert.ok(done.kept >= ids.length, `${done.kept} connections kept`);
        await Promise.all([moreFor(player), ...late]);
        const now = (await supervisor.connections()).map(({ id }) => id);
        assert.deepEqual(now.filter((id) => ids.includes(id)).sort(), ids);
        assert.equal(new Set(now).size, now.length);
      }
      assert.deepEqual(
        (await supervisor.children()).map(({ pid }) => pid),
        pids,
      );
      const stream = await supervisor.ownerOf('live/kept');
      const { clients, publishing } = stream;
      assert.deepEqual([clients, publishing, stream.since], [3 + ROUNDS, true, since]);
      const known = await supervisor.get<EventEntry[]>('events');
      assert.deepEqual(known.slice(0, events.length), events);
      assert.deepEqual([player.hasEnded, viewer.hasEnded, viewer.fault], [false, false, '']);
      const published = await publishedMessages(LOOPS);
      assertRun(player.received, published);
      assertRun(viewer.tags, published);
      assert.equal(publisher.errors, '');
    });

    it('brings the program before back where the new one fails', async () => {
      const url = supervisor.url('live/back');
      const player = await cast.play(url);
      cast.publish(url);
      await until('media', () => player.received.length > 50);
      const failed = await upgrade(await packageOf('fails', FAILS));
      assert.equal(failed.state, 'failed');
      assert.match(failed.error ?? '', /no port/);
      await moreFor(player);
      assert.equal((await upgrade()).state, 'done');
      await moreFor(player);
      assert.equal(player.hasEnded, false);
    });

    it('refuses a program that cannot follow, and changes nothing', async () => {
      const before = await status();
      const to = await packageOf('none', CANNOT_FOLLOW);
      const { error } = await supervisor.post<{ error: string }>('upgrade', { to });
      assert.match(error, /cannot follow: it is no program; nothing has changed$/);
      const nowhere = await supervisor.post<{ error: string }>('upgrade', { to: '/nowhere' });
      assert.match(nowhere.error, /\/nowhere\/bin\/srs-supervisor\.js is not there/);
      assert.deepEqual(await status(), before);
    });

    it('sees the end of a child that another program has started, and leaves no zombie', async () => {
      const [child] = await supervisor.children();
      assert.ok(child?.pid);
      process.kill(child.pid, 'SIGKILL');
      const next = await until('another process', async () => {
        const now = await supervisor.child(child.id);
        return now.state === 'ready' && now.generation > child.generation && now;
      });
      assert.notEqual(next.pid, child.pid);
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => '');
      assert.doesNotMatch(stat, /\) Z /);
    });

    it('ends where it is told to while the next program is proved', async () => {
      const last = supervisor.output.length;
      process.kill(supervisor.pid, 'SIGUSR2');
      await until('an upgrade is at work', async () => (await status()).state === 'running');
      assert.equal(await supervisor.stop(), 0, supervisor.output);
      const said = supervisor.output.slice(last);
      assert.match(said, /"msg":"stopped"/);
      assert.doesNotMatch(said, /no child is ready|\n +at /);
    });

    it('ends where it is told to while the program is replaced', async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
      const { error } = await supervisor.post<{ error?: string }>('upgrade', {});
      assert.equal(error, undefined);
      // A program that is not yet loaded ends by the signal itself, and its children with it.
      const end = await supervisor.stop();
      assert.ok(end === 0 || end === 'SIGTERM', `${end}\n${supervisor.output}`);
      assert.doesNotMatch(supervisor.output, /uncaughtException/);
      const left = () => processesWith(supervisor.workDir);
      await until('no process is left', async () => (await left()).length === 0);
    });
  });
}
