import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { JobReport, JobStatus } from '../../src/jobs/job.js';
import { Cast } from '../helpers/cast.js';
import { cli, type Surroundings } from '../helpers/cli.js';
import { origins } from '../helpers/origins.js';
import { firstMessages } from '../helpers/published.js';
import { moreFor, type RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Messages compared: seven seconds, longer than a child's restart takes. */
const COMPARED = 480;
/** Leaves ports for 107 children below the highest port. */
const FEW_PORTS = { SRS_SUPERVISOR_CHILDREN_PORT_BASE: '65000' };

for (const origin of origins()) {
  describe(`children at work, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      const size = { origin: origin.path, children: 3 };
      supervisor = await RunningSupervisor.start({ ...size, env: FEW_PORTS });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    const order = (line: string, around?: Surroundings) =>
      cli([...line.split(' '), '--admin', `127.0.0.1:${supervisor.adminPort}`], around);

    /** Runs an order that fails in one line; returns the line. */
    async function refused(line: string, code: 1 | 2, around?: Surroundings): Promise<string> {
      const ended = await order(line, around);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, /^srs-supervisor: [^\n]+\n$/);
      return ended.stderr.slice('srs-supervisor: '.length).trimEnd();
    }

    const shown = async () =>
      (await supervisor.children()).map(({ id, state }) => `${id} ${state}`);
    const someMedia = (...players: RtmpPlayer[]) =>
      until('media', () => players.every(({ received }) => received.length > 10));
    const jobAtWork = () =>
      until('a job', async () => (await supervisor.get<JobStatus[]>('jobs')).find(isRunning));

    it('restarts a child: its own clients come back, and others miss not a byte', async () => {
      const expected = await firstMessages(COMPARED);
      await supervisor.calm();
      const names = ['live/victim', 'live/other1', 'live/other2'];
      const players: RtmpPlayer[] = [];
      const publishers = [];
      for (const name of names) {
        const player = await cast.play(supervisor.url(name));
        publishers.push(cast.publish(supervisor.url(name)));
        await someMedia(player);
        players.push(player);
      }
      const owners = await Promise.all(names.map((name) => supervisor.ownerOf(name)));
      const [id = ''] = owners.map(({ child }) => child);
      assert.equal(new Set(owners.map(({ child }) => child)).size, 3);
      const pids = async () => (await supervisor.children()).map(({ pid }) => pid);
      const [before, [victim, ...others]] = [await pids(), players];

      const { code, stdout, stderr } = await order(`restart ${id} --timeout 1`);
      assert.deepEqual([code, stderr], [0, '']);
      const steps = [
        `^${id}  drains: 1 stream, 2 clients; waits up to 1 s$`,
        `^${id}  closes 1 stream, 2 clients: the time is over$`,
        `^${id}  is ready again after [\\d.]+ s, generation 2$`,
        `^restart ${id}: done in \\d+s$`,
      ];
      for (const [index, line] of stdout.trimEnd().split('\n').entries()) {
        assert.match(line, new RegExp(steps[index] ?? '^$'));
      }
      await victim?.ended;
      assert.notEqual(await publishers[0]?.ended, 0);
      const stays = (await pids()).filter((pid, index) => pid === before[index]);
      assert.equal(stays.length, 2);
      // A player that comes before the publisher waits here, wherever the stream goes then.
      const early = await cast.play(supervisor.url('live/victim'));
      cast.publish(supervisor.url('live/victim'));
      await someMedia(early);

      await until('enough to compare', () =>
        others.every(({ received }) => received.length >= COMPARED),
      );
      for (const player of others) {
        assert.ok(!player.hasEnded);
        assert.deepEqual(player.received.slice(0, COMPARED), expected);
      }
      const { lastError, restarts, state } = await supervisor.child(id);
      assert.deepEqual([lastError, restarts, state], [null, 0, 'ready']);
    });

    it('waits for a drain, tells others of it, and leaves the child as it was', async () => {
      const player = await cast.play(supervisor.url('live/long'));
      cast.publish(supervisor.url('live/long'));
      await someMedia(player);
      const { child } = await supervisor.ownerOf('live/long');
      const late = await refused(`drain ${child} --wait --timeout 1`, 1);
      assert.match(
        late,
        /after 1 s c00\d still has \d streams?, 2 clients: it takes new streams again/,
      );
      assert.equal((await supervisor.child(child)).state, 'ready');

      const waiting = refused(`drain ${child} --wait --timeout 600`, 1);
      await jobAtWork();
      const busy = await refused('scale 5', 1);
      assert.match(
        busy,
        new RegExp(`^another job is at work: drain ${child}, since [\\d:]+ UTC, 0`),
      );
      assert.match(
        (await order('status')).stdout,
        new RegExp(`^job +drain ${child}: 0 of 1 done`, 'm'),
      );
      assert.equal((await order(`undrain ${child}`)).code, 0);
      assert.match(await waiting, /stopped: it takes new streams again, as before$/);

      const interrupted = order(`drain ${child} --wait --timeout 600`, { stopAt: 'drains' });
      const { id } = await jobAtWork();
      const left = await interrupted;
      assert.equal(left.code, 1);
      assert.match(
        left.stderr,
        /goes on in the supervisor \(0 of 1 done\): srs-supervisor job shows/,
      );
      assert.ok(isRunning(await supervisor.get<JobReport>(`jobs/${id}`)));
      const stopped = await order('job --stop');
      assert.deepEqual([stopped.code, stopped.stderr], [0, '']);
      assert.match(stopped.stdout, /stopped: it takes new streams again/);
      assert.ok(await moreFor(player));
    });

    it('has more children and fewer, within its room', async () => {
      const more = await order('scale 4 --json');
      assert.deepEqual([more.code, more.stderr], [0, '']);
      const { what, state, done, error } = JSON.parse(more.stdout) as JobReport;
      assert.deepEqual([what, state, done, error], ['scale 4', 'done', 1, null]);
      const four = ['c001 ready', 'c002 ready', 'c003 ready', 'c004 ready'];
      assert.deepEqual(await shown(), four);

      const full = await refused('scale 200', 1);
      assert.match(
        full,
        /^scale 200: no room: children\.portBase: 196 children need 5 free ports each/,
      );
      assert.match(full, /; the box is as it was, with 4 children$/);
      assert.deepEqual(await shown(), four);

      const fewer = await order('scale 2 --timeout 0');
      assert.equal(fewer.code, 0, fewer.stderr);
      assert.match(fewer.stdout, /^c003 {2}is gone\nc004 {2}is gone\nscale 2: done/m);
      assert.deepEqual(await shown(), four.slice(0, 2));
      assert.equal((await order('scale 3')).code, 0);
      const { generation } = await supervisor.child('c003');
      const player = await cast.play(supervisor.url('live/after'));
      cast.publish(supervisor.url('live/after'));
      await someMedia(player);
      assert.ok(generation > 1);
    });

    it('restarts all in turn', async () => {
      const before = await supervisor.children();
      const { code, stdout } = await order('restart --all --parallel 2');
      assert.equal(code, 0);
      assert.match(stdout, /^restart --all: done in/m);
      const generations = (await supervisor.children()).map(({ generation }) => generation - 1);
      assert.deepEqual(
        generations,
        before.map(({ generation }) => generation),
      );
      assert.match((await order('job')).stdout, /^restart --all: 3 of 3 done, done \d+s ago$/m);
    });

    it('closes the clients that are named, and no others', async () => {
      const [bad, good] = [supervisor.url('live/bad'), supervisor.url('live/good')];
      const players = await Promise.all([cast.play(bad), cast.play(bad), cast.play(good)]);
      const [first, second, other] = players;
      const publisher = cast.publish(bad);
      cast.publish(good);
      await someMedia(...players);
      const one = await order(`kick ${first?.address}`);
      assert.equal(one.code, 0, one.stderr);
      assert.match(
        one.stdout,
        /^CLIENT +ADDRESS +ROLE +STREAM +CHILD\n.* play .*\n1 client is closed/,
      );
      await first?.ended;
      assert.ok(second && (await moreFor(second)));
      const all = await order('kick --stream live/bad');
      assert.match(all.stdout, /^2 clients are closed$/m);
      await second?.ended;
      assert.notEqual(await publisher.ended, 0);
      assert.ok(other && (await moreFor(other)));
      assert.match(
        await refused('kick --stream live/bad', 2),
        /nobody is there by that name: live\/bad/,
      );
      assert.match(await refused('kick', 2), /^kick: name one client, or --stream, or --ip$/);
      assert.equal((await order('kick --ip 127.0.0.1')).code, 0);
      await other?.ended;
    });

    it('prints what children log', async () => {
      const one = await order('logs c001 -n 2');
      assert.equal(one.stdout.trimEnd().split('\n').length, 2);
      const all = await order('logs -n 1');
      assert.match(all.stdout, /^c00\d \| /);
      assert.match(await refused('logs c077', 2), /no log of c077 in \S+; there: c001 to c004$/);
      cast.publish(supervisor.url('live/logged'));
      const { child } = await supervisor.ownerOf('live/logged');
      const owners = await order('logs --stream live/logged -n 500');
      const same = await order(`logs ${child} -n 500`);
      const last = owners.stdout.trimEnd().split('\n').at(-1);
      assert.ok(last && same.stdout.includes(last));
      const followed = order('logs -f -n 0', { stopAt: 'c001 | ' });
      const restarted = await order('restart c001 --timeout 0');
      assert.equal(restarted.code, 0, restarted.stderr);
      const { code, stderr } = await followed;
      assert.deepEqual([code, stderr], [0, '']);
    });

    it('takes orders only about children that are there', async () => {
      for (const line of ['restart c009', 'drain c009', 'undrain c009']) {
        assert.match(await refused(line, 2), /^no child of ours is called c009: /);
      }
      assert.match(await refused('scale 0', 2), /^count: must be a whole number 1-1000, got 0$/);
      assert.match(
        await refused('restart c001 --timeout x', 2),
        /^timeout: must be a whole number/,
      );
    });
  });
}

function isRunning({ state }: JobStatus): boolean {
  return state === 'running';
}
