import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { afterEach, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** Loaded into the supervisor: at SIGWINCH mistakes happen that nobody catches. */
const MISTAKES = `
import { Socket } from 'node:net';
process.on('SIGWINCH', () => {
  Promise.reject(new Error('a promise that nobody awaits'));
  new Socket().connect(1, '127.0.0.1');
  setImmediate(() => { throw new TypeError('a timer that throws'); });
});`;
const WITH_MISTAKES = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(MISTAKES)}`,
};

for (const origin of origins()) {
  describe(`errors that nobody foresaw, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let running: RunningSupervisor | null = null;

    afterEach(async () => {
      await cast.close();
      await running?.dispose();
      running = null;
    });

    async function start(env: NodeJS.ProcessEnv = {}): Promise<RunningSupervisor> {
      running = await RunningSupervisor.start({ origin: origin.path, children: 1, env });
      return running;
    }

    it('end nothing, and are logged and counted', async () => {
      const supervisor = await start(WITH_MISTAKES);
      cast.publish(supervisor.url('live/s'));
      const player = await cast.play(supervisor.url('live/s'));
      for (let round = 1; round <= 5; round++) {
        supervisor.process.kill('SIGWINCH');
        await until('three more', async () => {
          const { unforeseenErrors } = await supervisor.get<AdminStatus>('status');
          return unforeseenErrors === 3 * round;
        });
      }
      const { length } = player.received;
      await until('media flows', () => player.received.length > length + 10);
      const lines = supervisor.output.split('\n').filter((line) => line.includes('nobody foresaw'));
      const stacks = lines.map((line) => JSON.parse(line).stack as string);
      const messages = stacks.map((stack) => stack.split('\n', 1)[0]).sort();
      assert.deepEqual(messages, [
        'Error: a promise that nobody awaits',
        'Error: connect ECONNREFUSED 127.0.0.1:1',
        'TypeError: a timer that throws',
      ]);
      for (const stack of stacks) assert.match(stack, /\n +at /);
      assert.equal(await supervisor.stop(), 0);
    });

    it('no descriptor for a child is a failed start, and the next one succeeds', async () => {
      const supervisor = await start();
      const limit = (files: number) =>
        execFileSync('prlimit', ['--pid', `${supervisor.pid}`, `--nofile=${files}:`]);
      const { pid } = await supervisor.child('c001');
      const before = execFileSync('prlimit', [
        ...['--pid', `${supervisor.pid}`, '--nofile', '--noheadings', '--raw', '--output', 'SOFT'],
      ]);
      // Fewer than it has open: what is open stays so.
      limit(10);
      process.kill(pid ?? 0, 'SIGKILL');
      await until('a failed start', () =>
        /no file descriptor left .*child will start again/.test(supervisor.output),
      );
      limit(Number(before));
      const child = await until('the child', async () => {
        const row = await supervisor.child('c001');
        return row.state === 'ready' && row.generation > 2 && row;
      });
      assert.notEqual(child.pid, pid);
      const { unforeseenErrors } = await supervisor.get<AdminStatus>('status');
      assert.equal(unforeseenErrors, 0, supervisor.output);
      await cast.hold(supervisor.url('live/s'));
    });
  });
}
