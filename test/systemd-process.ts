/**
 * A box as a service of a real systemd, which is process 1 of a Debian of its own: `npm run
 * test:systemd`. It installs that Debian by debootstrap once, and takes minutes.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CommandOutcome, DebianMachine, NO_MACHINE } from './helpers/debian-machine.js';
import { assertDecoded, Ffmpeg } from './helpers/media.js';
import { type Origin, origins } from './helpers/origins.js';
import { CLIP, ROOT } from './helpers/paths.js';
import { BOUNDED, until } from './helpers/until.js';

const SERVICE = 'srs-supervisor';
const CONFIG = '/etc/srs-supervisor.yaml';
const NODE = '/usr/bin/node';
const PACKAGE = '/usr/lib/node_modules/srs-supervisor';
const FRAMES = 20;
/** Greatest exposure by `systemd-analyze security`, of 10. */
const MAX_EXPOSURE = 3;

const config = (srs: string, level = 'info') => `
listen: { rtmp: 1935, http: 80 }
children: { count: 2 }
srs: { binary: ${srs} }
log: { level: ${level} }
`;

/** Where the origin is found there, and what of here must be shown for that. */
function placeOf(origin: Origin): { bin: string; shown: Record<string, string> } {
  if (origin.name === 'mini-srs') return { bin: `${PACKAGE}/srs-bin/mini-srs`, shown: {} };
  return { bin: '/opt/srs', shown: { [origin.path]: '/opt/srs' } };
}

for (const origin of origins()) {
  describe(`a service of systemd, ${origin.name}`, { ...BOUNDED, skip: NO_MACHINE }, () => {
    const { bin, shown } = placeOf(origin);
    let machine: DebianMachine;

    const write = (path: string, text: string) => {
      mkdirSync(dirname(machine.path(path)), { recursive: true });
      writeFileSync(machine.path(path), text);
    };
    const property = (name: string) =>
      machine.sh(`systemctl show --value -p ${name} ${SERVICE}`).trim();
    const journal = () => machine.sh(`journalctl -u ${SERVICE} -o cat --no-pager`);
    const mainPid = () => Number(property('MainPID'));
    const inNetwork = (args: readonly string[]) =>
      new Ffmpeg('ffmpeg', args, ['nsenter', ...machine.network]);

    /** Command lines of the children that run there. */
    const childrenThere = () => {
      const commands = machine.sh('ps -eo args=').split('\n');
      return commands.filter((command) => command.includes(`${bin} -c`));
    };

    async function untilServes(): Promise<void> {
      const isActive = () => machine.run(`systemctl is-active ${SERVICE}`).output === 'active\n';
      await until(
        () => `an active service\n${machine.run(`systemctl status -n 50 ${SERVICE}`).output}`,
        isActive,
      );
    }

    /** Media from a publisher comes to players by RTMP and HTTP. */
    async function assertMedia(): Promise<void> {
      const url = 'rtmp://127.0.0.1/live/s';
      const clip = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'flv', url];
      const publisher = inNetwork(clip);
      try {
        for (const from of [url, 'http://127.0.0.1/live/s.flv']) {
          const decoded = ['-map', '0:v:0', '-frames:v', `${FRAMES}`, '-f', 'null', '-'];
          const player = inNetwork(['-progress', 'pipe:1', '-xerror', '-i', from, ...decoded]);
          await assertDecoded(player, FRAMES);
        }
      } finally {
        await publisher.kill();
      }
    }

    /** Waits until systemd has started it once more; returns the process before and after. */
    async function restartedBy(cause: () => unknown): Promise<void> {
      const [pid, count] = [mainPid(), Number(property('NRestarts'))];
      cause();
      await until('one more restart', () => Number(property('NRestarts')) === count + 1);
      await untilServes();
      assert.notEqual(mainPid(), pid);
    }

    before(async () => {
      const here = { [process.execPath]: NODE, [ROOT]: PACKAGE };
      machine = await DebianMachine.boot({ ...here, ...shown });
      write(CONFIG, config(bin));
      const command = `${NODE} ${PACKAGE}/bin/srs-supervisor.js unit -c ${CONFIG}`;
      machine.sh(`${command} > /etc/systemd/system/${SERVICE}.service`);
      machine.sh('systemctl daemon-reload');
    });
    after(() => machine?.close());

    it('starts as a user without rights, on ports 1935 and 80', async () => {
      // Returns when the service has said that it is ready.
      machine.sh(`systemctl enable --now ${SERVICE}`);
      assert.equal(property('ActiveState'), 'active');
      assert.equal(property('StatusText'), 'serving');
      const processes = machine.sh('ps -eo user=,args=');
      assert.match(processes, /srs-supervisor\.js run/);
      assert.doesNotMatch(processes, /^root .*(srs-supervisor\.js|\bsrs\b)/m);
      await assertMedia();
    });

    it('is exposed little', () => {
      const rating = machine.sh(`systemd-analyze security --no-pager ${SERVICE}`);
      const [, exposure] = /exposure level for \S+: ([\d.]+)/.exec(rating) ?? [];
      assert.ok(Number(exposure) <= MAX_EXPOSURE, rating.slice(-200));
    });

    it('has a journal of whole lines', () => {
      const lines = journal()
        .split('\n')
        .filter((line) => line.startsWith('{'));
      const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
      assert.ok(messages.includes('serving'), journal());
    });

    it('reloads without a new process', async () => {
      const pid = mainPid();
      write(CONFIG, config(bin, 'debug'));
      machine.sh(`systemctl reload ${SERVICE}`);
      await until(journal, () => /"msg":"reload/.test(journal()));
      assert.equal(mainPid(), pid);
      await assertMedia();
    });

    it('refuses a bad configuration at a reload, and serves on', async () => {
      const pid = mainPid();
      write(CONFIG, 'children: { count: none }\n');
      machine.sh(`systemctl reload ${SERVICE}`);
      await until(journal, () => /children\.count/.test(journal()));
      write(CONFIG, config(bin));
      assert.equal(mainPid(), pid);
      await assertMedia();
    });

    it('is started again after it was killed, without children of before', async () => {
      await restartedBy(() => machine.sh(`kill -KILL ${mainPid()}`));
      assert.equal(childrenThere().length, 2);
      await assertMedia();
    });

    it('is started again by the watchdog when it hangs', async () => {
      const times = 'WatchdogSec=3\nTimeoutAbortSec=2\n';
      write(`/etc/systemd/system/${SERVICE}.service.d/watchdog.conf`, `[Service]\n${times}`);
      machine.sh(`systemctl daemon-reload && systemctl restart ${SERVICE}`);
      await assertMedia();
      assert.equal(property('NRestarts'), '0', 'the watchdog ends nothing that serves');
      await restartedBy(() => machine.sh(`kill -STOP ${mainPid()}`));
      const said = machine.sh(`journalctl -u ${SERVICE} --no-pager`);
      assert.match(said, /Watchdog timeout/);
      await assertMedia();
    });

    it('serves again after a reboot', async () => {
      await machine.reboot();
      await untilServes();
      await assertMedia();
    });

    it('stops, and leaves no process', () => {
      machine.sh(`systemctl stop ${SERVICE}`);
      assert.equal(property('Result'), 'success');
      assert.deepEqual(childrenThere(), []);
    });

    it('is not started again with a bad configuration', async () => {
      write(CONFIG, 'listen: { rtmp: 99999 }\n');
      const { status }: CommandOutcome = machine.run(`systemctl start ${SERVICE}`);
      assert.notEqual(status, 0);
      assert.equal(property('ExecMainStatus'), '2');
      assert.equal(property('NRestarts'), '0');
      assert.equal(property('ActiveState'), 'failed');
      assert.match(journal(), /listen\.rtmp.*99999/);
    });
  });
}
