import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { NO_CHROMIUM } from '../helpers/browser.js';
import { cli } from '../helpers/cli.js';
import { Ffmpeg } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { RtcCast } from '../helpers/rtc-cast.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

for (const origin of origins()) {
  const mayUse = { ...BOUNDED, skip: NO_CHROMIUM };
  describe(`clients of WebRTC that an operator closes, ${origin.name}`, mayUse, () => {
    let supervisor: RunningSupervisor;
    let cast: RtcCast;

    before(async () => {
      const ports = { api: await freePort(), rtc: await freePort() };
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2, ports });
      cast = await RtcCast.open(`http://127.0.0.1:${ports.api}`);
    });
    afterEach(() => cast.closePages());
    after(async () => {
      await cast?.close();
      await supervisor?.dispose();
    });

    const rows = async (stream: string) =>
      (await supervisor.connections()).filter((row) => row.stream?.endsWith(`/${stream}`));
    const kick = (...words: string[]) =>
      cli(['kick', ...words, '--admin', `127.0.0.1:${supervisor.adminPort}`]);

    it('one by its id, while the others go on', async () => {
      const [publisher] = await cast.start('publish', 'one');
      await cast.sends(publisher);
      const [stays] = await cast.start('play', 'one');
      await cast.sees(stays);
      const known = new Set((await rows('one')).map(({ id }) => id));
      const [goes] = await cast.start('play', 'one');
      await cast.sees(goes);
      const row = (await rows('one')).find(({ id }) => !known.has(id));
      assert.ok(row);
      const { code, stdout, stderr } = await kick(row.id);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(`^${row.id} .* play .*\\n1 client is closed$`, 'm'));
      await until('its page notices', async () => (await goes.state()).state !== 'connected');
      assert.deepEqual(new Set((await rows('one')).map(({ id }) => id)), known);
      await cast.sees(stays);
      assert.match(
        supervisor.output,
        new RegExp(`"id":"${row.id}"[^\\n]*"reason":"closed by an operator"`),
      );
    });

    it('all of a stream, and the name is free at once', async () => {
      const [other] = await cast.start('publish', 'other');
      await cast.sends(other);
      const [publisher] = await cast.start('publish', 'bad');
      await cast.sends(publisher);
      const [player] = await cast.start('play', 'bad');
      await cast.sees(player);
      const { code, stdout, stderr } = await kick('--stream', 'live/bad');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^2 clients are closed$/m);
      assert.deepEqual(await rows('bad'), []);
      for (const page of [publisher, player]) {
        await until('its page notices', async () => (await page.state()).state !== 'connected');
      }
      assert.equal((await rows('other')).length, 1);
      const [again] = await cast.start('publish', 'bad');
      await cast.sends(again);
    });

    it('all of an address', async () => {
      const [publisher] = await cast.start('publish', 'by-ip');
      await cast.sends(publisher);
      // A browser goes on from another of its addresses while it tries them.
      const outputs: string[] = [];
      await until('nobody publishes', async () => {
        const [row] = await rows('by-ip');
        if (row === undefined) return true;
        const { stdout } = await kick('--ip', row.client.replace(/:\d+$/, ''));
        outputs.push(stdout);
        return false;
      });
      assert.match(outputs.at(-1) ?? '', /^\d clients? (is|are) closed$/m);
    });
  });
}

const srs = origins().find(({ name }) => name === 'srs');
const noSrt = srs === undefined && 'mini-srs speaks no SRT';
describe('clients of SRT that an operator closes, srs', { ...BOUNDED, skip: noSrt }, () => {
  let supervisor: RunningSupervisor;
  let port: number;
  const programs: Ffmpeg[] = [];

  before(async () => {
    port = await freePort();
    const origin = srs?.path ?? '';
    supervisor = await RunningSupervisor.start({ origin, children: 2, ports: { srt: port } });
  });
  afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())));
  after(() => supervisor?.dispose());

  const run = (...args: string[]) => {
    const program = new Ffmpeg('ffmpeg', ['-progress', 'pipe:1', '-nostats', ...args]);
    programs.push(program);
    return program;
  };
  const url = (id: string) => `srt://127.0.0.1:${port}?streamid=${id}&latency=300000`;
  const publish = (name: string) =>
    run(
      ...['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'mpegts'],
      url(`#!::r=live/${name},m=publish`),
    );
  const play = (name: string) => run('-i', url(`#!::r=live/${name},m=request`), '-f', 'null', '-');
  const rows = async (name: string) =>
    (await supervisor.connections()).filter(({ stream }) => stream?.endsWith(`/${name}`));
  const kick = (...words: string[]) =>
    cli(['kick', ...words, '--admin', `127.0.0.1:${supervisor.adminPort}`]);

  it('one by its id, all of a stream, all of an address', async () => {
    const publisher = publish('cam');
    await supervisor.ownerOf('live/cam');
    const [first, second] = [play('cam'), play('cam')];
    const players = await until('two players', async () => {
      const found = (await rows('cam')).filter(({ role }) => role === 'play');
      return found.length === 2 && found;
    });
    const one = await kick(players[0]?.id ?? '');
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stdout, /^1 client is closed$/m);
    await Promise.race([first.ended, second.ended]);
    assert.deepEqual(
      (await rows('cam')).map(({ id, role }) => `${role} ${role === 'play' ? id : ''}`).sort(),
      [`play ${players[1]?.id}`, 'publish '],
    );

    publish('other');
    await supervisor.ownerOf('live/other');
    const all = await kick('--stream', 'live/cam');
    assert.match(all.stdout, /^2 clients are closed$/m);
    await Promise.all([first.ended, second.ended, publisher.ended]);
    assert.equal((await rows('other')).length, 1);
    const rest = await kick('--ip', '127.0.0.1');
    assert.match(rest.stdout, /^1 client is closed$/m);
    assert.deepEqual(await rows('other'), []);
  });
});
