import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import type { EventEntry } from '../../src/events/event.js';
import type { Timeline } from '../../src/events/publication.js';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

for (const origin of origins()) {
  describe(`events, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    const admin = () => `127.0.0.1:${supervisor.adminPort}`;
    const events = (query = '') => supervisor.get<EventEntry[]>(`events${query}`);
    const timeline = (name: string) =>
      supervisor.get<Timeline>(`streams/${encodeURIComponent(name)}/timeline`);

    it('tell that the children are up and the box serves', async () => {
      const types = (await events()).map(({ event }) => event.type);
      assert.deepEqual(types.toSorted(), ['box', 'child-up', 'child-up']);
    });

    it('tell why a stream ended: its child, an operator, its publisher', async () => {
      const name = 'live/why';
      const whys = async () => (await timeline(name)).publications.map(({ why }) => why ?? '');
      cast.publish(supervisor.url(name));
      const { child } = await supervisor.ownerOf(name);
      await until('its publication', async () => (await whys()).length === 1);
      const { pid } = await supervisor.child(child);
      signal(pid ?? 0, 'SIGKILL');
      await until('the end', async () => /killed by SIGKILL/.test((await whys())[0] ?? ''));

      cast.publish(supervisor.url(name));
      await until('the second', async () => (await whys()).length === 2);
      const kicked = await cli(['kick', '--stream', name, '--admin', admin()]);
      assert.equal(kicked.code, 0, kicked.stderr);
      await until('the kick', async () => (await whys())[1] === 'closed by an operator');

      const last = await cast.hold(supervisor.url(name));
      await until('the third', async () => (await whys()).length === 3);
      last.close();
      await until('the publisher', async () => (await whys())[2] === 'the publisher left');
      const { publications } = await timeline(name);
      assert.equal(publications.length, 3);
      for (const { began, ended, client, bytesIn } of publications) {
        assert.ok(began !== null && ended !== null && ended >= began);
        assert.match(client ?? '', /^127\.0\.0\.1:\d+$/);
        assert.notEqual(bytesIn, null);
      }
      const down = await until('the child', async () =>
        (await events(`?child=${child}`)).find(({ event }) => event.type === 'child-down'),
      );
      assert.ok(down.event.type === 'child-down');
      assert.deepEqual(down.event.names, [`__defaultVhost__/${name}`]);
    });

    it('tell of refused clients, drains and jobs', async () => {
      const noName = await fetch(`http://${supervisor.host}:${supervisor.rtmpPort}/`).catch(
        () => null,
      );
      assert.equal(noName, null);
      await until('the refusal', async () =>
        (await events()).some(
          ({ event }) => event.type === 'refused' && event.failure === 'invalid',
        ),
      );
      for (const order of ['drain', 'undrain']) await supervisor.post(`children/c001/${order}`);
      const { code, stderr } = await cli(['restart', 'c002', '--timeout', '0', '--admin', admin()]);
      assert.equal(code, 0, stderr);
      const types = (await events()).map(({ event: { type, ...about } }) =>
        'state' in about ? `${type} ${about.state}` : type,
      );
      for (const type of [
        'child-drained',
        'child-undrained',
        'job running',
        'child-down',
        'job done',
      ]) {
        assert.ok(types.includes(type), `${type} in ${types}`);
      }
    });

    it('are printed, and followed until Ctrl-C', async () => {
      const all = await cli(['events', '-n', '1000', '--admin', admin()]);
      assert.equal(all.code, 0, all.stderr);
      const lines = all.stdout.trimEnd().split('\n');
      assert.equal(lines.length, (await events()).length);
      for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d [a-z-]+( |$)/);
      const json = await cli(['events', '--child', 'c001', '--json', '--admin', admin()]);
      const shown = json.stdout.trimEnd().split('\n');
      assert.deepEqual(
        shown.map((line) => JSON.parse(line)),
        await events('?child=c001&last=20'),
      );
      const args = ['events', '-f', '--stream', 'live/new', '-n', '5', '--admin', admin()];
      const following = cli(args, { stopAt: 'unpublish' });
      const holder = await cast.hold(supervisor.url('live/new'));
      await until('its event', async () => (await events('?stream=live/new')).length > 0);
      holder.close();
      const { stdout } = await following;
      assert.match(stdout, /^[\d:]+ publish +stream=__defaultVhost__\/live\/new child=c00\d/m);
      assert.match(stdout, /^[\d:]+ unpublish /m);
      const bad = await cli(['events', '-n', 'x', '--admin', admin()]);
      assert.equal(bad.code, 1);
      assert.match(bad.stderr, /last: must be a whole number/);
    });
  });
}
