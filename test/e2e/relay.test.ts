import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { signal } from '../../src/child/process.js';
import { Cast } from '../helpers/cast.js';
import { framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 30;

/** Every way in which bytes can be relayed, as a user asks for it. */
const WAYS = [
  { args: ['--relay', 'portable'], relay: { engine: 'portable', threads: 0 } },
  { args: ['--relay', 'native'], threads: '1', relay: { engine: 'native', threads: 1 } },
  { args: ['--relay', 'native'], threads: '3', relay: { engine: 'native', threads: 3 } },
];

for (const origin of origins()) {
  for (const { args, threads, relay } of WAYS) {
    const env = threads === undefined ? {} : { SRS_SUPERVISOR_RELAY_THREADS: threads };
    describe(`${relay.engine} relay, ${relay.threads} threads, ${origin.name}`, BOUNDED, () => {
      const cast = new Cast();
      let supervisor: RunningSupervisor;
      before(async () => {
        const program = { origin: origin.path, children: 2 };
        supervisor = await RunningSupervisor.start({ ...program, args, env });
      });
      after(async () => {
        await cast.close();
        await supervisor?.dispose();
      });

      it('is what was asked for', async () => {
        assert.deepEqual((await supervisor.get<AdminStatus>('status')).relay, relay);
      });

      it('carries publishers and players, and counts what they move', async () => {
        const names = ['live/a', 'live/b', 'live/c', 'live/d'];
        for (const name of names) cast.publish(supervisor.url(name));
        const players = names.map((name) => cast.playFrames(supervisor.url(name), FRAMES));
        for (const player of players) {
          assert.equal(await player.ended, 0, player.errors);
          assert.ok(framesOf(player) >= FRAMES);
        }
        const rows = (await supervisor.connections()).filter(({ role }) => role === 'publish');
        assert.equal(rows.length, names.length);
        assert.ok(rows.every(({ bytesIn, alias }) => bytesIn > 1000 && alias?.startsWith('127.')));
        await until('the sums are read', async () => {
          const { bytesIn, bytesOut } = await supervisor.get<AdminStatus>('status');
          return bytesIn > 0 && bytesOut > 0;
        });
      });

      it('ends the clients of a killed child at once, and no others', async () => {
        const [victim, other] = await supervisor.children();
        const streams = await supervisor.streams();
        const nameOn = (child: string) =>
          streams.find((row) => row.child === child)!.stream.replace('__defaultVhost__/', '');
        const [doomed, spared] = [
          await cast.play(supervisor.url(nameOn(victim!.id))),
          await cast.play(supervisor.url(nameOn(other!.id))),
        ];
        await until('both play', () => doomed.received.length > 0 && spared.received.length > 0);
        signal(victim!.pid!, 'SIGKILL');
        await doomed.ended;
        const before = spared.received.length;
        await until('the other plays on', () => spared.received.length > before + 50);
        assert.equal(spared.hasEnded, false);
        await until('the child is back', async () => {
          const { state, generation } = await supervisor.child(victim!.id);
          return state === 'ready' && generation === 2;
        });
      });
    });
  }
}
