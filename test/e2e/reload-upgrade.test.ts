import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { FlvPlayer } from '../helpers/flv-player.js';
import { origins } from '../helpers/origins.js';
import { FAILS, makePackage } from '../helpers/package.js';
import { freePort } from '../helpers/ports.js';
import { isRefused } from '../helpers/refused.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { upgraded } from '../helpers/upgrading.js';

const SMT = 'cpu: { smt: every-thread }\n';

for (const origin of origins()) {
  describe(`a reload that takes an upgrade in place, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let supervisor: RunningSupervisor;
    let folder: string;
    let config: string;
    let [rtmp, http] = [0, 0];

    /** Writes the file; `more`: further lines of it. */
    const write = (listen: string, more = '') =>
      writeFile(config, `listen: { ${listen} }\nlimits: { heldPlayers: 9 }\n${more}`);
    const reload = (...args: string[]) =>
      cli(['reload', '--admin', `127.0.0.1:${supervisor.adminPort}`, ...args]);
    const urlAt = (port: number, stream: string) => `rtmp://127.0.0.1:${port}/${stream}`;
    const generations = async () =>
      (await supervisor.children()).map(({ generation }) => generation);

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-reload-e2e-'));
      config = join(folder, 'box.yaml');
      [rtmp, http] = [await freePort(), await freePort()];
      await write(`rtmp: ${rtmp}, http: ${http}, rtc: off`);
      const args = ['-c', config];
      const inFile = ['rtmp', 'http', 'rtc'];
      const { path } = origin;
      supervisor = await RunningSupervisor.start({
        ...{ origin: path, children: 2, rtmpPort: rtmp, inFile, args },
      });
    });
    afterEach(() => cast.close());
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    it('opens ports at other addresses, and keeps the clients of the old ones', async () => {
      const player = await cast.play(urlAt(rtmp, 'live/moved'));
      cast.publish(urlAt(rtmp, 'live/moved'));
      await until('media', () => player.received.length > 50);
      const viewer = new FlvPlayer(http, '/live/moved.flv');
      await until('media by HTTP', () => viewer.tags.length > 50);
      const [before, oldHttp] = [rtmp, http];
      [rtmp, http] = [await freePort(), await freePort()];
      await write(`rtmp: ${rtmp}, http: ${http}, rtc: off`, SMT);
      const dry = await reload('--dry-run');
      const keys = 'cpu.smt, listen.rtmp, listen.http';
      const text = `would be applied by an upgrade in place: ${keys}\n`;
      assert.deepEqual([dry.code, dry.stdout], [0, text], dry.stderr);
      assert.equal(await isRefused(rtmp), true);
      // A signal does it without a question, since nobody is closed.
      await upgraded(supervisor, () => supervisor.process.kill('SIGHUP'));
      await Promise.all([moreFor(player), cast.assertPlays(5, urlAt(rtmp, 'live/moved'))]);
      assert.deepEqual([await isRefused(before), await isRefused(oldHttp)], [true, true]);
      const tags = viewer.tags.length;
      await until('more media by HTTP', () => viewer.tags.length > tags);
      assert.deepEqual([player.hasEnded, viewer.hasEnded, viewer.fault], [false, false, '']);
      viewer.close();
      assert.deepEqual(await generations(), [1, 1]);
      assert.match(
        supervisor.output,
        /"keys":\["cpu.smt","listen.rtmp"[^\n]*reload: applied by an/,
      );
      assert.match((await reload()).stdout, /^no key of the configuration has changed\n$/);
    });

    it('closes nobody unless it is told to, and restarts children whose configs differ', async () => {
      // A player that waits for its publisher does not outlive the program.
      const waiting = await cast.play(urlAt(rtmp, 'live/none'));
      const listen = `rtmp: ${rtmp}, http: ${http}, rtc: ${await freePort()}`;
      await write(listen, `${SMT}log: { level: debug }\n`);
      const asked = await reload();
      assert.equal(asked.code, 1);
      assert.match(asked.stdout, /^applied: log\.level$/m);
      const reason =
        /^refused: listen\.rtc: an upgrade in place would close 1 connection \(rtmp 1\): srs-supervisor reload --yes does it$/m;
      assert.match(asked.stdout, reason);
      assert.equal(waiting.hasEnded, false);
      const done = await reload('--yes');
      assert.deepEqual([done.code, done.stderr], [0, '']);
      assert.match(done.stdout, /^applied by an upgrade in place: listen\.rtc\n/);
      assert.match(done.stdout, /\nthe children are restarted in turn\n/);
      assert.match(done.stdout, / 0 connections kept, 1 connection closed \(rtmp 1\)/);
      assert.match(done.stdout, /\nreload: done in /);
      await until('it is closed', () => waiting.hasEnded);
      assert.deepEqual(await generations(), [2, 2]);
    });

    it('changes nothing where that is not possible, and says why', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as { port: number };
      await write(`rtmp: "127.0.0.1:${port}", http: ${http}, rtc: off`, 'relay: { threads: 2 }\n');
      const { code, stdout } = await reload();
      other.close();
      assert.equal(code, 1);
      assert.match(stdout, /^refused: relay\.threads: it takes a restart: the threads/m);
      assert.match(
        stdout,
        /^refused: listen\.rtmp: an upgrade in place is not possible: listen\.rtmp: /m,
      );
      assert.equal(await isRefused(rtmp), false);
    });

    it('runs by the old configuration where a program is brought back', async () => {
      const next = await freePort();
      await write(`rtmp: ${next}, http: ${http}, rtc: off`);
      const to = await makePackage(join(folder, 'fails'), FAILS);
      const failed = await upgraded(supervisor, () => supervisor.post('upgrade', { to }));
      assert.equal(failed.state, 'failed');
      assert.deepEqual([await isRefused(rtmp), await isRefused(next)], [false, true]);
    });
  });
}
