import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { HttpPlayer } from '../helpers/http-player.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const NAMES = Array.from({ length: 40 }, (_, at) => `nobody${at}`);
/** Descriptors that come and go: our own questions, and a look at /proc. */
const SLACK = 4;

for (const origin of origins()) {
  describe(`names that nobody publishes, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    let http: number;

    before(async () => {
      http = await freePort();
      const env = { SRS_SUPERVISOR_HTTP_WAIT_SECONDS: '60' };
      const options = { origin: origin.path, children: 2, ports: { http }, env };
      supervisor = await RunningSupervisor.start(options);
      await supervisor.calm();
    });
    after(() => supervisor?.dispose());

    /** Descriptors of the supervisor, and of all its children. */
    async function descriptors(): Promise<[number, number]> {
      const children = (await supervisor.children()).map(({ pid }) => pid);
      const counts = [supervisor.pid, ...children].map(async (pid) => {
        return (await readdir(`/proc/${pid}/fd`)).length;
      });
      const [own = 0, ...theirs] = await Promise.all(counts);
      return [own, theirs.reduce((sum, count) => sum + count, 0)];
    }

    it('leave no descriptor, player or stream behind, by whichever protocol', async () => {
      const [own, theirs] = await descriptors();
      const players = await Promise.all(
        NAMES.map(async (name) => {
          const player = await RtmpClient.open(supervisor.rtmpPort);
          player.play(supervisor.url('live'), name);
          await player.hears('NetStream.Play.Start');
          return player;
        }),
      );
      const viewers = await Promise.all(
        NAMES.map((name) => HttpPlayer.get(http, `/live/${name}.flv`)),
      );
      for (const name of NAMES) {
        const answer = await fetch(`http://127.0.0.1:${http}/live/${name}.m3u8`);
        assert.equal(answer.status, 404);
      }
      const held = async () => (await supervisor.get<AdminStatus>('status')).heldPlayers;
      await until('all wait', async () => (await held()) === 2 * NAMES.length);
      for (const client of [...players, ...viewers]) client.close();
      await until('none waits', async () => (await held()) === 0);
      let last: [number, number] = [0, 0];
      const said = () => `${last} where ${own},${theirs} were`;
      await until(said, async () => {
        last = await descriptors();
        return last[0] <= own + SLACK && last[1] <= theirs + SLACK;
      });
      assert.deepEqual(await supervisor.streams(), []);
    });
  });
}
