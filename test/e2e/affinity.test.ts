import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { isDeepStrictEqual, promisify } from 'node:util';
import { formatCpuList, parseCpuList } from '../../src/cpu/cpuset.js';
import { Cast } from '../helpers/cast.js';
import { CpuSetGroup, NO_CPUSETS } from '../helpers/cpuset.js';
import { origins } from '../helpers/origins.js';
import { BIN } from '../helpers/paths.js';
import { threadCpuLists } from '../helpers/processes.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const CHILDREN = 3;

interface PlannedChild {
  readonly id: string;
  readonly cpus: readonly number[];
}

/** Children of this machine by `srs-supervisor plan`. */
async function plannedChildren(): Promise<PlannedChild[]> {
  const args = [BIN, 'plan', '--children', String(CHILDREN), '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { children } = JSON.parse(stdout) as { children: PlannedChild[] };
  return children.map(({ id, cpus }) => ({ id, cpus }));
}

for (const origin of origins()) {
  describe(`CPU affinity on ${origin.name}`, BOUNDED, () => {
    function start(args: readonly string[], children: number, env: NodeJS.ProcessEnv = {}) {
      return RunningSupervisor.start({ origin: origin.path, children, args, env });
    }

    /** Runs a supervisor with a stream under way, so that a child has all the threads it makes. */
    async function withSupervisor(
      args: readonly string[],
      look: (supervisor: RunningSupervisor) => Promise<void>,
      env: NodeJS.ProcessEnv = {},
    ): Promise<void> {
      const supervisor = await start(args, CHILDREN, env);
      const cast = new Cast();
      try {
        cast.publish(supervisor.url('live/s'));
        const player = cast.playFrames(supervisor.url('live/s'), 1);
        assert.equal(await player.ended, 0, player.errors);
        await look(supervisor);
      } finally {
        await cast.close();
        await supervisor.dispose();
      }
    }

    it('every thread of a child runs on its planned CPU only', async () => {
      const planned = await plannedChildren();
      await withSupervisor([], async (supervisor) => {
        const children = await supervisor.children();
        assert.deepEqual(
          children.map(({ id, cpus }) => ({ id, cpus })),
          planned,
        );
        for (const { id, pid, cpus } of children) {
          assert.equal(cpus.length, 1, id);
          assert.deepEqual([...new Set(await threadCpuLists(pid ?? 0))], [formatCpuList(cpus)], id);
        }
      });
    });

    it('the supervisor keeps to its reserved CPU, and children keep off it', async () => {
      const env = { SRS_SUPERVISOR_CPU_RESERVE: '1', SRS_SUPERVISOR_RELAY_THREADS: '2' };
      const look = async (supervisor: RunningSupervisor) => {
        const own = new Set((await threadCpuLists(supervisor.pid)).flatMap(parseCpuList));
        assert.ok(own.size < availableParallelism());
        for (const { pid } of await supervisor.children()) {
          const theirs = (await threadCpuLists(pid ?? 0)).flatMap(parseCpuList);
          assert.deepEqual(
            theirs.filter((cpu) => own.has(cpu)),
            [],
          );
        }
      };
      await withSupervisor([], look, env);
    });

    it('CPUs that are taken away while it runs are said, and shown as they are', {
      skip: NO_CPUSETS,
    }, async () => {
      const group = CpuSetGroup.make(`srs-supervisor-e2e-${process.pid}`, '0-1');
      const supervisor = await RunningSupervisor.start({
        ...{ origin: origin.path, children: 2, behind: group.enter },
      });
      const cpus = async () => (await supervisor.children()).map((child) => child.cpus);
      try {
        assert.deepEqual(await cpus(), [[0], [1]]);
        group.allow('0');
        await until('the truth', async () => isDeepStrictEqual(await cpus(), [[0], [0]]));
        assert.match(supervisor.output, /"before":"0-1","now":"0","msg":"we may use other CPUs/);
        // Kernels differ in what a cpuset that grows gives back; the plan does not.
        group.allow('0-1');
        await until('a new plan', async () => isDeepStrictEqual(await cpus(), [[0], [1]]));
        for (const { pid, restarts, cpus } of await supervisor.children()) {
          assert.deepEqual([...new Set(await threadCpuLists(pid ?? 0))], [formatCpuList(cpus)]);
          assert.equal(restarts, 0);
        }
      } finally {
        await supervisor.dispose();
        group.remove();
      }
    });

    it('another supervisor on the same CPUs is said, one whose children run anywhere is not', {
      skip: availableParallelism() < 2 && 'needs two CPUs',
    }, async (t) => {
      const opened = async (...args: string[]) => {
        const supervisor = await start(args, 1);
        t.after(() => supervisor.dispose());
        return supervisor;
      };
      // Others may run on this machine, too.
      const linesOf = (second: RunningSupervisor, first: RunningSupervisor) =>
        second.output
          .split('\n')
          .filter((line) => line.includes('another supervisor') && line.includes(first.workDir));
      const anywhere = await opened('--no-pin');
      const first = await opened();
      assert.deepEqual(linesOf(first, anywhere), []);
      const second = await opened();
      assert.equal(linesOf(second, first).length, 1, second.output);
      assert.deepEqual(linesOf(second, anywhere), []);
      assert.deepEqual(linesOf(first, second), []);
    });

    it('with --no-pin every thread runs wherever ours may', async () => {
      const [anywhere] = await threadCpuLists(process.pid);
      await withSupervisor(['--no-pin'], async (supervisor) => {
        for (const { id, pid, cpus } of await supervisor.children()) {
          assert.deepEqual(cpus, [], id);
          assert.deepEqual([...new Set(await threadCpuLists(pid ?? 0))], [anywhere], id);
        }
      });
    });
  });
}
