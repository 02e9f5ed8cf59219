import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { BIN, ROOT } from '../helpers/paths.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { NO_TMUX, Terminal } from '../helpers/terminal.js';
import { BOUNDED, until } from '../helpers/until.js';

for (const origin of origins()) {
  describe(`top beside a box that serves, ${origin.name}`, { ...BOUNDED, skip: NO_TMUX }, () => {
    const cast = new Cast();
    let supervisor: RunningSupervisor;
    let terminal: Terminal;
    let player: RtmpPlayer;

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
      player = await cast.play(supervisor.url('live/a'));
      cast.publish(supervisor.url('live/a'));
      cast.publish(supervisor.url('live/b'));
      await until(
        'two streams',
        async () => (await supervisor.get<unknown[]>('streams')).length === 2,
      );
      const command = `${process.execPath} ${BIN} top --admin 127.0.0.1:${supervisor.adminPort}`;
      terminal = Terminal.open(`echo before; ${command}`, { cwd: ROOT, env: {} });
    });
    after(async () => {
      terminal?.close();
      await cast.close();
      await supervisor?.dispose();
    });

    it('shows the children first', async () => {
      const { shown } = await terminal.shows(/c002 +ready(.|\n)*q quit/);
      assert.match(shown[0] ?? '', /^srs-supervisor .* ready for /);
      assert.match(shown[1] ?? '', /^2 of 2 children {2}2 streams {2}3 clients/);
      assert.equal(shown.length, 24);
    });

    it('shows streams with their bitrates, and those that the filter leaves', async () => {
      terminal.press('2');
      await terminal.shows(/^live\/a +c00\d +127\.0\.0\.1:\d+ +2 +[\d.]+ [kM]bit\/s/m);
      terminal.press('/', 'l', 'i', 'v', 'e', '/', 'b', 'Enter');
      const { shown } = await terminal.shows(/ {2}\/live\/b$/m);
      assert.ok(!shown.some((line) => line.startsWith('live/a')), shown.join('\n'));
      // A terminal sends Alt as an Escape before the key, so what follows has to wait.
      terminal.press('Escape');
      await terminal.shows(/^live\/a /m);
    });

    it('opens a stream, and kicks its player after a yes', async () => {
      terminal.press('Home', 'Enter');
      await terminal.shows(/ play +live\/a /);
      terminal.press('/', 'p', 'l', 'a', 'y', ' ', 'Enter', 'k');
      await terminal.shows(/^kick \S+\? y: yes/m);
      assert.ok(!player.hasEnded);
      terminal.press('y');
      await player.ended;
    });

    it('drains a child, and gives it back', async () => {
      terminal.press('1', 'd');
      await terminal.shows(/^drain c001\?/m);
      terminal.press('y');
      await terminal.shows(/^c001 +draining/m);
      terminal.press('u', 'y');
      await terminal.shows(/^c001 +ready/m);
    });

    it('asks for another view though it is paused', async () => {
      terminal.press('p', '2');
      await terminal.shows(/paused\n(.|\n)*^live\/b /m);
      terminal.press('p');
    });

    it('leaves the terminal as it was', async () => {
      terminal.press('q');
      const { shot, code } = await terminal.ended();
      assert.equal(code, 0);
      assert.deepEqual(shot.shown.slice(0, 2), ['before', `${Terminal.END}0`]);
    });
  });
}
