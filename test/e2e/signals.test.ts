import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { listeningPorts } from '../helpers/processes.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor, type RunOptions } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const vhost = (inner: string) => `vhost __defaultVhost__ { ${inner} }`;
/** As the children's logs and ours are found by. */
const CHILD = 'c001';
const FIRST = vhost('gop_cache on;');

for (const origin of origins()) {
  describe(`signals to a box that serves, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    // mini-srs restarts for a template, which e2e/reload has: here nobody may be harmed.
    const skip = origin.name !== 'srs' && 'mini-srs does not reload';
    let folder: string;
    let template: string;
    let config: string;
    let supervisor: RunningSupervisor;
    let player: RtmpPlayer;
    let pids: (number | null)[];

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-signals-e2e-'));
      template = join(folder, 'srs.template');
      config = join(folder, 'box.yaml');
      await writeFile(template, FIRST);
      await writeFile(config, `srs: { template: ${template} }\n`);
      const args = ['-c', config];
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 1, args });
      cast.publish(supervisor.url('live/s'));
      player = await cast.play(supervisor.url('live/s'));
      pids = (await supervisor.children()).map(({ pid }) => pid);
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    /** Lines of our log with that text. */
    const said = (text: string) =>
      supervisor.output.split('\n').filter((line) => line.includes(text));

    /** Sends it, and waits for one more line with that text, which it answers. */
    async function signalled(name: NodeJS.Signals, text: string): Promise<string> {
      const count = said(text).length;
      supervisor.process.kill(name);
      const what = () => `${name}: ${text}\n${supervisor.output}`;
      await until(what, () => said(text).length > count);
      return said(text).at(-1) ?? '';
    }

    /** The same children serve, and media flows still. */
    async function assertUnharmed(): Promise<void> {
      const { length } = player.received;
      await until('media flows', () => player.received.length > length + 10);
      assert.deepEqual(
        (await supervisor.children()).map(({ pid }) => pid),
        pids,
      );
      const { unforeseenErrors } = await supervisor.get<{ unforeseenErrors: number }>('status');
      assert.equal(unforeseenErrors, 0, supervisor.output);
    }

    const conf = () => readFile(join(supervisor.workDir, `conf/${CHILD}.conf`), 'utf8');

    it('SIGHUP brings a changed template to the children', { skip }, async () => {
      await writeFile(template, vhost('gop_cache on; queue_length 17;'));
      assert.match(await signalled('SIGHUP', '"msg":"reload: '), /reload: applied"/);
      assert.match(await conf(), /queue_length 17;/);
      await assertUnharmed();
    });

    it('SIGHUP twice at once reloads by the newest files', { skip }, async () => {
      for (const length of [18, 19]) {
        await writeFile(template, vhost(`gop_cache on; queue_length ${length};`));
        supervisor.process.kill('SIGHUP');
      }
      await until('the newest', async () => /queue_length 19;/.test(await conf()));
      await until('no more', () => said('"msg":"reload: ').length > 1);
      await assertUnharmed();
    });

    it('SIGHUP with a bad file says why, and changes nothing', async () => {
      const good = await conf();
      assert.equal(/queue_length 19;/.test(good), !skip);
      await writeFile(template, vhost('frob on;'));
      assert.match(await signalled('SIGHUP', 'reload: refused, nothing has changed'), /frob/);
      await writeFile(template, vhost('gop_cache off;'));
      await writeFile(config, `srs: { template: ${template} }\nlimits: { connections: many }\n`);
      const refused = await signalled('SIGHUP', 'reload: refused, nothing has changed');
      assert.match(refused, /box\.yaml:2: limits\.connections: .*many/);
      const text = `srs: { template: ${template} }\nlimits: { connections: 77 }\nrelay: { threads: 1 }\n`;
      await writeFile(config, text);
      await writeFile(template, FIRST);
      const later = await signalled('SIGHUP', 'these keys keep their values');
      assert.match(later, /"keys":\["relay\.threads"\]/);
      await until('the other', () => said('"keys":["limits.connections"]').length === 1);
      await until('and the template', async () => !/queue_length/.test(await conf()));
      await assertUnharmed();
    });

    it('SIGUSR1 opens logs anew, and no inspector', async () => {
      const ports = await listeningPorts(supervisor.pid);
      const log = join(supervisor.workDir, `logs/${CHILD}.log`);
      await rename(log, `${log}.renamed`);
      for (let round = 0; round < 3; round++) await signalled('SIGUSR1', 'logs were opened anew');
      await until('a new file', () => existsSync(log));
      // Each client leaves lines in it.
      await until('lines in it', async () => {
        await cast.playFrames(supervisor.url('live/s'), 1).ended;
        return (await stat(log)).size > 0;
      });
      assert.deepEqual(await listeningPorts(supervisor.pid), ports);
      assert.doesNotMatch(supervisor.output, /Debugger/);
      await assertUnharmed();
    });

    it('SIGUSR2 puts the program in its own place, and ends nobody', async () => {
      await signalled('SIGUSR2', 'upgrade: done');
      await assertUnharmed();
    });

    it('SIGQUIT lets nobody in, and ends when those who were there have left', async () => {
      await signalled('SIGQUIT', 'drain: no new clients are let in');
      const refused = cast.publish(supervisor.url('live/new'));
      assert.notEqual(await refused.ended, 0);
      const { length } = player.received;
      await until('media flows', () => player.received.length > length + 10);
      assert.equal((await supervisor.get<{ state: string }>('status')).state, 'draining');
      await cast.close();
      assert.equal(await supervisor.ended(), 0, supervisor.output);
      assert.deepEqual(supervisor.errorLines, []);
    });
  });

  describe(`signals at other times, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let running: RunningSupervisor | null = null;

    afterEach(async () => {
      await cast.close();
      await running?.dispose();
      running = null;
    });

    async function launch(options: Partial<RunOptions> = {}): Promise<RunningSupervisor> {
      running = await RunningSupervisor.launch({ origin: origin.path, children: 2, ...options });
      return running;
    }

    /** Tells whether the process catches SIGUSR1 (10), be it by Node's own handler. */
    async function catchesSignals({ pid }: RunningSupervisor): Promise<boolean> {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const caught = /^SigCgt:\s*(\S+)/m.exec(status)?.[1] ?? '0';
      return (BigInt(`0x${caught}`) & (1n << 9n)) !== 0n;
    }

    it('from the first moment on none of them ends it or opens an inspector', async () => {
      const supervisor = await launch();
      await until('a handler', () => catchesSignals(supervisor), 10_000);
      // Node's own handler may have this one.
      supervisor.process.kill('SIGUSR1');
      await until('ours', async () => {
        supervisor.process.kill('SIGUSR1');
        return supervisor.output.includes('"msg"');
      });
      for (const name of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) supervisor.process.kill(name);
      await supervisor.ready(2);
      await until('the reload', () => supervisor.output.includes('"msg":"reload: applied"'));
      const ports = (await listeningPorts(supervisor.pid)).filter(
        (port) => port >> 4 === 9229 >> 4,
      );
      assert.deepEqual(ports, []);
    });

    it('SIGQUIT waits for nobody longer than drain.seconds', async () => {
      const supervisor = await launch({ env: { SRS_SUPERVISOR_DRAIN_SECONDS: '1' } });
      await supervisor.ready(2);
      cast.publish(supervisor.url('live/s'));
      await supervisor.ownerOf('live/s');
      assert.equal(await supervisor.stop('SIGQUIT'), 0, supervisor.output);
    });

    it('SIGTERM ends a drain', async () => {
      const supervisor = await launch();
      await supervisor.ready(2);
      cast.publish(supervisor.url('live/s'));
      await supervisor.ownerOf('live/s');
      supervisor.process.kill('SIGQUIT');
      await until('the drain', () => supervisor.output.includes('"msg":"drain: '));
      assert.equal(await supervisor.stop('SIGTERM'), 0, supervisor.output);
    });
  });
}
