import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { isPortFree } from '../helpers/ports.js';
import { isAlive, processesWith } from '../helpers/processes.js';
import { clearWorkDir, RunningSupervisor, type RunOptions } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const CHILDREN = 2;
const STREAM = 'live/s';

for (const origin of origins()) {
  describe(`the end of a supervisor on ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    const running: RunningSupervisor[] = [];
    let workDir: string;

    beforeEach(async () => {
      workDir = await mkdtemp(join(tmpdir(), 'srs-supervisor-e2e-'));
    });
    afterEach(async () => {
      await cast.close();
      for (const supervisor of running.splice(0)) await supervisor.stop();
      await clearWorkDir(workDir);
    });

    async function start(options: Partial<RunOptions> = {}): Promise<RunningSupervisor> {
      const all = { origin: origin.path, children: CHILDREN, workDir, ...options };
      const supervisor = await RunningSupervisor.start(all);
      running.push(supervisor);
      return supervisor;
    }

    /** A start that must fail, and what it says to people. */
    async function failedStart(options: Partial<RunOptions>) {
      const all = { origin: origin.path, children: CHILDREN, ...options };
      const supervisor = await RunningSupervisor.launch(all);
      running.push(supervisor);
      return { code: await supervisor.ended(), lines: supervisor.errorLines };
    }

    /** Publishes and plays, and answers the pids of all children. */
    async function serve(supervisor: RunningSupervisor): Promise<number[]> {
      const url = supervisor.url(STREAM);
      cast.publish(url);
      const player = await cast.play(url);
      await until('media', () => player.received.length > 10);
      return (await supervisor.children()).map(({ pid }) => pid ?? 0);
    }

    async function assertGone(pids: readonly number[]): Promise<void> {
      assert.equal(pids.length, CHILDREN);
      for (const pid of pids) await until(`${pid} is gone`, async () => !(await isAlive(pid)));
      await until('no process of it', async () => (await processesWith(workDir)).length === 0);
    }

    it('SIGINT while children start ends cleanly, too', async () => {
      const options = { origin: origin.path, children: 24, workDir };
      const supervisor = await RunningSupervisor.launch(options);
      running.push(supervisor);
      await until('a first child', async () => {
        return (await processesWith(`${workDir}/conf/`)).length > 0;
      });
      assert.equal(await supervisor.stop('SIGINT'), 0);
      assert.doesNotMatch(supervisor.output, /"serving"/);
      assert.deepEqual(await processesWith(`${workDir}/conf/`), []);
      assert.ok(await isPortFree(supervisor.rtmpPort));
    });

    it('SIGKILL leaves no process, and the next start serves from the same directory', async () => {
      for (let round = 0; round < 2; round++) {
        const supervisor = await start();
        const pids = await serve(supervisor);
        assert.equal(await supervisor.stop('SIGKILL'), 'SIGKILL');
        await assertGone(pids);
        await cast.close();
      }
      await serve(await start());
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`${signal} ends it with code 0, no process and all ports free`, async () => {
        const supervisor = await start();
        const pids = await serve(supervisor);
        const ports = (await supervisor.children()).flatMap((row) => Object.values(row.ports));
        assert.equal(await supervisor.stop(signal), 0, supervisor.output);
        await assertGone(pids);
        for (const port of [supervisor.rtmpPort, supervisor.adminPort, ...ports]) {
          assert.ok(await isPortFree(port), `port ${port}`);
        }
        assert.deepEqual(supervisor.errorLines, []);
      });
    }

    it('a second one in the same directory is refused in one line', async () => {
      const first = await start();
      const pids = await serve(first);
      const { code, lines } = await failedStart({ workDir });
      assert.equal(code, 2);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', /^srs-supervisor: workDir: .+ is in use by pid \d+: /);
      assert.ok(lines[0]?.includes(`pid ${first.pid}`));
      assert.deepEqual(
        (await first.children()).map(({ pid, state }) => ({ pid, state })),
        pids.map((pid) => ({ pid, state: 'ready' })),
      );
    });

    it('one on the same RTMP port is refused in one line, and starts no child', async () => {
      const { rtmpPort } = await start();
      const other = await mkdtemp(join(workDir, 'other-'));
      const { code, lines } = await failedStart({ rtmpPort, workDir: other });
      assert.equal(code, 2);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', new RegExp(`listen\\.rtmp: .*${rtmpPort}.*taken`));
      assert.deepEqual(await readdir(other), []);
    });
  });
}
