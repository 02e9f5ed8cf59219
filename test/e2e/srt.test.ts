import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { INDUCTION, induction } from '../../src/protocol/srt/handshake.js';
import { Ffmpeg, framesOf } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { SrtCaller } from '../helpers/srt-caller.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 30;
const TEMPLATE = `
srt_server { passphrase correct-horse; pbkeylen 32; }
vhost __defaultVhost__ { srt { enabled on; srt_to_rtmp on; } }
`;

/** Bytes of memory that a process has. */
async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}

const srs = origins().find(({ name }) => name === 'srs');

describe('SRT on srs', { skip: srs === undefined && 'mini-srs speaks no SRT', ...BOUNDED }, () => {
  const programs: Ffmpeg[] = [];
  let supervisor: RunningSupervisor;
  let ports: { readonly http: number; readonly srt: number };

  const run = (...args: string[]) => {
    const program = new Ffmpeg('ffmpeg', ['-progress', 'pipe:1', '-nostats', ...args]);
    programs.push(program);
    return program;
  };
  const url = (id: string, query = '') =>
    `srt://127.0.0.1:${ports.srt}?streamid=${id}&latency=300000${query}`;
  const publish = (id: string, query = '') =>
    run('-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'mpegts', url(id, query));
  const play = (from: string, frames = FRAMES) =>
    run('-i', from, '-map', '0:v:0', '-frames:v', `${frames}`, '-f', 'null', '-');

  async function start(args: readonly string[] = []): Promise<RunningSupervisor> {
    ports = { http: await freePort(), srt: await freePort() };
    return RunningSupervisor.start({ origin: srs?.path ?? '', children: 3, ports, args });
  }

  before(async () => {
    supervisor = await start();
  });
  afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())));
  after(() => supervisor?.dispose());

  it('publishes by SRT, and plays it by RTMP, FLV and SRT', async () => {
    publish('#!::r=live/cam,m=publish');
    await supervisor.ownerOf('live/cam');
    const players = [
      play(supervisor.url('live/cam')),
      play(`http://127.0.0.1:${ports.http}/live/cam.flv`),
      play(url('#!::r=live/cam,m=request')),
      play(url('live/cam')),
      play(url('cam')),
    ];
    for (const player of players) assert.equal(await player.ended, 0, player.errors);
    const [row] = (await supervisor.connections()).filter(({ role }) => role === 'publish');
    assert.match(row?.client ?? '', /^127\.0\.0\.1:/);
    assert.ok((row?.bytesIn ?? 0) > 0);
  });

  it('lets a name be published again when its publisher has gone', async () => {
    for (let round = 0; round < 2; round += 1) {
      const publisher = publish('#!::r=live/again,m=publish');
      await supervisor.ownerOf('live/again');
      const player = play(url('live/again'));
      assert.equal(await player.ended, 0, player.errors);
      publisher.process.kill('SIGINT');
      await publisher.ended;
      await until('nobody is left', async () =>
        (await supervisor.connections()).every(({ stream }) => !stream?.endsWith('/again')),
      );
    }
  });

  it('refuses what SRS would refuse only later', async () => {
    const program = play(url('#!::m=publish'));
    assert.notEqual(await program.ended, 0);
    assert.match(program.errors, /rejection/i);
  });

  it('goes on with the others when one child hangs', async () => {
    const names = ['one', 'two', 'three'];
    for (const name of names) {
      await supervisor.calm();
      publish(`#!::r=live/${name},m=publish`);
      await supervisor.ownerOf(`live/${name}`);
    }
    const owners = await Promise.all(names.map((name) => supervisor.ownerOf(`live/${name}`)));
    const [hung] = owners;
    const other = owners.find(({ child }) => child !== hung?.child);
    assert.ok(hung && other, 'the streams are spread');
    const name = other.stream.split('/').at(-1) ?? '';
    const player = play(url(`live/${name}`), 1_000_000);
    await until('it plays', () => framesOf(player) > 10);
    const { pid } = await supervisor.child(hung.child);
    process.kill(pid ?? 0, 'SIGSTOP');
    const waiting = play(url(`live/${hung.stream.split('/').at(-1)}`));
    const seen = framesOf(player);
    await until('it still plays', () => framesOf(player) > seen + 50);
    const late = play(url(`live/${name}`));
    assert.equal(await late.ended, 0, late.errors);
    await until('the hung child is replaced', async () => {
      const child = await supervisor.child(hung.child);
      return child.pid !== pid && child.state === 'ready';
    });
    assert.ok(player.isRunning, player.errors);
    await waiting.kill();
  });

  it('remembers nothing of ten thousand addresses that only ask', async () => {
    const flood = async (round: number) => {
      for (let address = 0; address < 10_000; address += 100) {
        await Promise.all(
          Array.from({ length: 100 }, (_, i) =>
            ask(`127.${50 + round}.${(address + i) >> 8}.${(address + i) & 255}`),
          ),
        );
      }
    };
    const ask = async (ip: string) => {
      const caller = await new SrtCaller().open(ip);
      caller.target = ports.srt;
      let looks = 0;
      await until('an answer', () => {
        // A hundred at once may overflow a socket: callers ask again.
        if (looks++ % 10 === 0) caller.send(induction(looks));
        return caller.handshakes(INDUCTION).length > 0;
      });
      await caller.close();
    };
    const clients = async () => (await supervisor.get<AdminStatus>('status')).connections;
    await until('those before have gone', async () => (await clients()) === 0);
    await flood(0);
    const before = await rssOf(supervisor.pid);
    await flood(1);
    assert.equal(await clients(), 0);
    assert.ok((await rssOf(supervisor.pid)) - before < 32 * 1024 * 1024);
  });
});

describe('SRT with a passphrase on srs', {
  skip: srs === undefined && 'mini-srs speaks no SRT',
  ...BOUNDED,
}, () => {
  let supervisor: RunningSupervisor;
  let directory: string;
  let srt: number;

  const publish = (secret: string) => {
    const target = `srt://127.0.0.1:${srt}?streamid=#!::r=live/cam,m=publish${secret}`;
    const source = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy'];
    return new Ffmpeg('ffmpeg', [...source, '-f', 'mpegts', target]);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srs-supervisor-srt-'));
    const config = join(directory, 'c.yaml');
    const template = join(directory, 'srs.conf');
    await writeFile(template, TEMPLATE);
    await writeFile(config, `srs: { template: ${template} }\nrelay: { threads: 2 }\n`);
    srt = await freePort();
    const args = ['-c', config];
    const options = { origin: srs?.path ?? '', children: 2, ports: { srt }, args };
    supervisor = await RunningSupervisor.start(options);
  });
  after(async () => {
    await supervisor?.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  it('tells callers the key length, and lets in who knows the passphrase', async () => {
    const caller = await new SrtCaller().open();
    caller.target = srt;
    assert.equal((await caller.induce(1)).encryption, 4);
    await caller.close();
    for (const wrong of ['', '&passphrase=battery-staple']) {
      const refused = publish(wrong);
      assert.notEqual(await refused.ended, 0);
      assert.match(refused.errors, /passphrase|password/i);
    }
    const publisher = publish('&passphrase=correct-horse');
    await supervisor.ownerOf('live/cam');
    const player = new Ffmpeg('ffmpeg', [
      ...['-i', supervisor.url('live/cam'), '-map', '0:v:0'],
      ...['-frames:v', `${FRAMES}`, '-f', 'null', '-'],
    ]);
    assert.equal(await player.ended, 0, player.errors);
    await publisher.kill();
  });
});
