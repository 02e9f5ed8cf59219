import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { type Origin, origins } from '../helpers/origins.js';
import { CHILD_PORT_BASE } from '../helpers/ports.js';
import { moreFor, type RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { Tracer } from '../helpers/tracer.js';
import { BOUNDED, until } from '../helpers/until.js';
import { WrappedOrigin } from '../helpers/wrapped-origin.js';

/** Ports that the children of one box may take. */
const PORTS = 30;
const IN_TURN = { ...BOUNDED, concurrency: 1 };

function testsOf(origin: Origin, portBase: number): void {
  describe(`children that do not do as they are told, ${origin.name}`, IN_TURN, () => {
    let supervisor: RunningSupervisor;
    let wrapped: WrappedOrigin;
    let folder: string;
    const cast = new Cast();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-operate-faults-'));
      wrapped = await WrappedOrigin.write(folder, origin.path);
      await configure(3);
      const args = ['-c', join(folder, 'box.yaml')];
      const env = { SRS_SUPERVISOR_CHILDREN_PORT_BASE: `${portBase}` };
      supervisor = await RunningSupervisor.start({ origin: wrapped.path, children: 3, args, env });
    });
    afterEach(async () => {
      await cast.close();
      for (const id of ['c001', 'c002', 'c003', 'c004']) await wrapped.mend(id);
    });
    after(async () => {
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    const configure = (maxConnections: number) =>
      writeFile(
        join(folder, 'box.yaml'),
        `children: { maxConnections: ${maxConnections}, slowStartSeconds: 0, startSeconds: 10 }\n`,
      );
    const order = (line: string) =>
      cli([...line.split(' '), '--admin', `127.0.0.1:${supervisor.adminPort}`]);
    const shown = async () =>
      (await supervisor.children()).map((row) => `${row.id} ${row.state} ${row.generation}`);
    const isReady = (id: string) =>
      until(`${id} is ready`, async () => (await supervisor.child(id)).state === 'ready');

    /** Runs an order that fails; returns the line that says why. */
    async function failing(line: string): Promise<string> {
      const { code, stderr } = await order(line);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^srs-supervisor: [^\n]+\n$/);
      return stderr;
    }

    /** Publishes a stream to the one child that takes new ones, and plays it. */
    async function streamIn(id: string, name: string): Promise<RtmpPlayer> {
      const others = (await supervisor.children()).filter((row) => row.id !== id);
      for (const other of others) await supervisor.post(`children/${other.id}/drain`);
      cast.publish(supervisor.url(name));
      assert.equal((await supervisor.ownerOf(name)).child, id);
      for (const other of others) await supervisor.post(`children/${other.id}/undrain`);
      const player = await cast.play(supervisor.url(name));
      await until('media', () => player.received.length > 10);
      return player;
    }

    it('a rolling restart stops at the first that does not get ready, and goes on there', async () => {
      const other = await streamIn('c003', 'live/other');
      await wrapped.spoil('c002', 'exits');
      const said = await failing('restart --all --timeout 1');
      assert.match(
        said,
        /c002 did not get ready after [\d.]+ s \(failed\): exit code 3: no luck; /,
      );
      assert.match(said, /; 1 of 3 restarted; go on with: restart --all --from c002$/m);
      const [first, second, third] = await shown();
      assert.deepEqual([first, third], ['c001 ready 2', 'c003 ready 1']);
      assert.match(second ?? '', /^c002 (failed|starting) /);
      assert.ok(await moreFor(other));
      await wrapped.mend('c002');
      const went = await order('restart --all --from c002 --timeout 1');
      assert.equal(went.code, 0, went.stderr);
      assert.equal((await supervisor.child('c003')).generation, 2);
    });

    it('a failed roll leaves each child the limit that its process has', async () => {
      await wrapped.spoil('c002', 'exits');
      await configure(6);
      const said = await failing('reload');
      assert.match(said, /go on with: restart --all --from c002/);
      const player = await streamIn('c001', 'live/many');
      const more = await Promise.all(
        Array.from({ length: 4 }, () => cast.play(supervisor.url('live/many'))),
      );
      await until('media for all', () => more.every(({ received }) => received.length > 10));
      assert.ok(await moreFor(player));
      assert.match((await supervisor.child('c001')).why ?? '', /it has 6 of 6 clients/);
      await streamIn('c003', 'live/few');
      await until('the third of its three clients', async () => {
        await cast.play(supervisor.url('live/few'));
        return (await supervisor.child('c003')).clients === 3;
      });
      assert.match((await supervisor.child('c003')).why ?? '', /it has 3 of 3 clients/);
      await wrapped.mend('c002');
      await isReady('c002');
    });

    it('a child that was stopped by a signal is killed and replaced', async () => {
      const other = await streamIn('c002', 'live/other');
      const { pid, generation } = await supervisor.child('c001');
      signal(pid ?? 0, 'SIGSTOP');
      const { code, stderr } = await order('restart c001 --timeout 0');
      assert.equal(code, 0, stderr);
      // It may have been found hung before the order came.
      const replaced = await supervisor.child('c001');
      assert.ok(replaced.state === 'ready' && replaced.generation > generation);
      assert.ok(await moreFor(other));
    });

    it('a start that makes no progress is told, and the others go on', async () => {
      const other = await streamIn('c002', 'live/other');
      await wrapped.spoil('c001', 'hangs');
      const said = await failing('restart c001 --timeout 0');
      assert.match(
        said,
        /c001 did not get ready after \d+ s .*: not ready within 10000 ms, sleeping/,
      );
      assert.ok(await moreFor(other));
      await wrapped.mend('c001');
      await isReady('c001');
    });

    it('a process that does not end is told; its clients are closed, others stay', async () => {
      const [victim, other] = [
        await streamIn('c001', 'live/stuck'),
        await streamIn('c002', 'live/other'),
      ];
      const { pid, generation } = await supervisor.child('c001');
      const tracer = await Tracer.of(pid ?? 0);
      try {
        const ordered = failing('restart c001 --timeout 0');
        await victim.ended;
        assert.ok(await moreFor(other));
        const said = await ordered;
        assert.match(said, /c001: its process did not end after 30 s, though killed; /);
        assert.match(supervisor.output, /it does not end, though it was killed: see its state in/);
        assert.equal((await supervisor.child('c001')).state, 'stopping');
        const again = await streamIn('c003', 'live/stuck');
        assert.ok(await moreFor(again));
      } finally {
        await tracer.close();
      }
      await isReady('c001');
      assert.equal((await supervisor.child('c001')).generation, generation + 1);
    });

    it('children that do not get ready are removed again, and the box is as it was', async () => {
      const before = await shown();
      await wrapped.spoil('c004', 'exits');
      const said = await failing('scale 4');
      assert.match(said, /c004 did not get ready after .*no luck; the box is as it was, with 3 /);
      assert.deepEqual(await shown(), before);
    });
  });
}

// At once: each box mostly waits for limits of time.
describe('faults of children', { ...BOUNDED, concurrency: true }, () => {
  for (const [index, origin] of origins().entries()) {
    testsOf(origin, CHILD_PORT_BASE + PORTS * index);
  }
});
