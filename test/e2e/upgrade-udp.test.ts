import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { UpgradePlan } from '../../src/admin/types.js';
import { CheckingClient } from '../helpers/checking-client.js';
import { Ffmpeg, framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { upgraded } from '../helpers/upgrading.js';

const ROUNDS = 2;
/** Longer than any pause, so that SRT itself drops nothing as late. */
const LATENCY_MICROS = 2_000_000;

for (const origin of origins()) {
  describe(`clients over UDP at an upgrade in place, ${origin.name}`, BOUNDED, () => {
    const programs: Ffmpeg[] = [];
    const clients: CheckingClient[] = [];
    let supervisor: RunningSupervisor;
    let [api, rtc, srt] = [0, 0, 0];

    before(async () => {
      [api, rtc, srt] = [await freePort(), await freePort(), await freePort()];
      const ports = { api, rtc, ...(origin.name === 'srs' && { srt }) };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports });
    });
    after(async () => {
      for (const client of clients) client.close();
      await Promise.all(programs.map((program) => program.kill()));
      await supervisor?.dispose();
    });

    const run = (...args: string[]) => {
      const program = new Ffmpeg('ffmpeg', ['-progress', 'pipe:1', '-nostats', ...args]);
      programs.push(program);
      return program;
    };
    const urlOf = (mode: string) =>
      `srt://127.0.0.1:${srt}?streamid=#!::r=live/srt,m=${mode}&latency=${LATENCY_MICROS}`;
    const call = async (role: 'publish' | 'play', transport: 'udp' | 'tcp' = 'udp') => {
      const at = { api: `http://127.0.0.1:${api}`, port: rtc, transport };
      const client = await CheckingClient.open(at, role, 'rtc');
      clients.push(client);
      await client.isAnswered();
      return client;
    };
    const ids = async () =>
      (await supervisor.connections()).flatMap(({ id, role }) => (role === null ? [] : id)).sort();

    /** Starts an SRT publisher and its player where the origin has SRT. */
    const overSrt = async (): Promise<Ffmpeg | null> => {
      if (origin.name !== 'srs') return null;
      const input = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy'];
      const publisher = run(...input, '-f', 'mpegts', urlOf('publish'));
      await supervisor.ownerOf('live/srt');
      const player = run('-i', urlOf('request'), '-map', '0:v:0', '-f', 'null', '-');
      await until(
        () => `pictures by SRT\n${publisher.errors}${player.errors}`,
        () => framesOf(player) > 0,
      );
      return player;
    };

    it('keeps SRT clients, and WebRTC sessions until their DELETE', async () => {
      const player = await overSrt();
      const sessions = [await call('publish'), await call('play')];
      // mini-srs has no ICE over TCP.
      if (origin.name === 'srs') sessions.push(await call('play', 'tcp'));
      const before = await ids();
      for (let round = 1; round <= ROUNDS; round += 1) {
        const done = await upgraded(supervisor, async () => {
          const plan = await supervisor.post<UpgradePlan>('upgrade');
          assert.deepEqual([plan.kept, plan.cut], [before.length, {}]);
        });
        assert.deepEqual([done.state, done.error, done.cut], ['done', null, {}]);
        for (const client of sessions) await client.isAnswered();
        assert.deepEqual(await ids(), before);
        const had = player === null ? 0 : framesOf(player);
        if (player !== null) await until('more pictures', () => framesOf(player) > had + 25);
      }
      assert.deepEqual(
        programs.map(({ isRunning, errors }) => [isRunning, errors]),
        programs.map(() => [true, '']),
      );
      assert.equal(
        sessions.some(({ hasEnded }) => hasEnded),
        false,
      );
      for (const client of sessions) assert.equal(await client.remove(), 200);
      await until('no session', async () => (await ids()).length === programs.length);
    });
  });
}
