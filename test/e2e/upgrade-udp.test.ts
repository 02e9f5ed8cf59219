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
/** Milliseconds of a pause in which SRT itself drops nothing as late. */
const SHORT_MS = 1500;
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
    const ids = async (way: RegExp) =>
      (await supervisor.connections())
        .flatMap(({ id, stream }) => (stream !== null && way.test(stream) ? [id] : []))
        .sort();
    const upgrade = async () => {
      const all = await ids(/./);
      const done = await upgraded(supervisor, async () => {
        const { kept, cut } = await supervisor.post<UpgradePlan>('upgrade');
        assert.deepEqual([kept, cut], [all.length, {}]);
      });
      assert.deepEqual([done.state, done.error, done.cut], ['done', null, {}]);
      return done;
    };

    /** Starts an SRT publisher and its player; resolves with both when media come. */
    const overSrt = async (): Promise<[publisher: Ffmpeg, player: Ffmpeg]> => {
      const input = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy'];
      const publisher = run(...input, '-f', 'mpegts', urlOf('publish'));
      await supervisor.ownerOf('live/srt');
      const player = run('-i', urlOf('request'), '-map', '0:v:0', '-f', 'null', '-');
      const text = () => `pictures by SRT\n${publisher.errors}${player.errors}`;
      await until(text, () => framesOf(player) > 0);
      return [publisher, player];
    };

    it('keeps WebRTC sessions until their DELETE, twice in a row', async () => {
      const sessions = [await call('publish'), await call('play')];
      // mini-srs has no ICE over TCP.
      if (origin.name === 'srs') sessions.push(await call('play', 'tcp'));
      const before = await ids(/rtc/);
      assert.equal(before.length, sessions.length);
      for (let round = 1; round <= ROUNDS; round += 1) {
        await upgrade();
        for (const client of sessions) await client.isAnswered();
        assert.deepEqual(await ids(/rtc/), before);
      }
      const hasEnded = sessions.some((client) => client.hasEnded);
      assert.equal(hasEnded, false);
      for (const client of sessions) assert.equal(await client.remove(), 200);
      await until('no session', async () => (await ids(/rtc/)).length === 0);
    });

    const noSrt = origin.name !== 'srs' && 'mini-srs speaks no SRT';
    it('keeps SRT clients, and loses no media', { skip: noSrt }, async () => {
      for (;;) {
        const both = await overSrt();
        const [, player] = both;
        const before = await ids(/srt/);
        assert.equal(before.length, 2);
        const { pauseMs } = await upgrade();
        if ((pauseMs ?? 0) < SHORT_MS) {
          assert.deepEqual(await ids(/srt/), before);
          const had = framesOf(player);
          await until('more pictures', () => framesOf(player) > had + 25);
          const ends = both.map(({ isRunning, errors }) => [isRunning, errors]);
          assert.deepEqual(
            ends,
            both.map(() => [true, '']),
          );
          return;
        }
        // The machine was too busy for SRT, which gives a silent peer up after five seconds.
        await Promise.all(both.map((program) => program.kill()));
        await until('nobody is left', async () => (await ids(/srt/)).length === 0);
      }
    });
  });
}
