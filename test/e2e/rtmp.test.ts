import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type FlvTag, parseFlv } from '../../src/demo/flv.js';
import type { RtmpClientOptions } from '../../src/demo/rtmp-client.js';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { setChunkSize } from '../../src/protocol/rtmp/control.js';
import { MessageType, type RtmpMessage } from '../../src/protocol/rtmp/message.js';
import { type Ffmpeg, framesOf, playFrames, publish } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { PlayingClient } from '../helpers/playing-client.js';
import { buildComplexC1, CLIENTS } from '../helpers/rtmp-bytes.js';
import { NO_SRS, Srs } from '../helpers/srs.js';
import { key } from '../helpers/stream-key.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const NO_IPV6 =
  !Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  ) && 'this machine has no ::1';
const DEFAULT = 'rtmp://127.0.0.1/live';

/** Publish and play of one stream in two ways of writing it, and its key. */
const FORMS: readonly (readonly [
  published: readonly [tcUrl: string, stream: string],
  played: readonly [tcUrl: string, stream: string],
  key: string,
])[] = [
  [[DEFAULT, 'f1?token=a'], [DEFAULT, 'f1'], '__defaultVhost__/live/f1'],
  [[DEFAULT, 'f2'], [DEFAULT, 'f2?token=b&x=y'], '__defaultVhost__/live/f2'],
  [[`${DEFAULT}?token=a`, 'f3'], [DEFAULT, 'f3'], '__defaultVhost__/live/f3'],
  [['rtmp://one.example/live', 'f4'], [DEFAULT, 'f4'], '__defaultVhost__/live/f4'],
  [[`${DEFAULT}?vhost=no.where`, 'f5'], [DEFAULT, 'f5'], '__defaultVhost__/live/f5'],
  [[`${DEFAULT}...vhost...no.where`, 'f6'], [DEFAULT, 'f6'], '__defaultVhost__/live/f6'],
  [[`${DEFAULT}/sub`, 'f7'], [DEFAULT, 'sub/f7'], '__defaultVhost__/live/sub/f7'],
  [[`${DEFAULT}/_definst_`, 'f8'], [DEFAULT, 'f8'], '__defaultVhost__/live/f8'],
  [[`${DEFAULT}?vhost=my.com`, 'f9'], ['rtmp://my.com/live', 'f9'], 'my.com/live/f9'],
  [[DEFAULT, 'f10?vhost=my.com'], [`${DEFAULT}...vhost...my.com`, 'f10'], 'my.com/live/f10'],
];

/** A child's call of its hooks. */
interface HookCall {
  readonly action: string;
  readonly stream: string;
  readonly param: string;
  readonly tcUrl: string;
}

/** Takes hooks and lets everybody in. */
class HookServer {
  readonly calls: HookCall[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    this.calls.push(JSON.parse(body) as HookCall);
    response.end('0');
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks`;
  }

  called(action: string, stream: string): Promise<HookCall> {
    return until(`${action} of ${stream}`, () =>
      this.calls.find((call) => call.action === action && call.stream === stream),
    );
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function readClip(): readonly FlvTag[] {
  const clip = parseFlv(readFileSync(CLIP));
  assert.ok(clip.kind === 'value');
  return clip.value.tags.filter(({ typeId }) => typeId !== MessageType.dataAmf0).slice(0, 60);
}

const MEDIA = readClip();
const VIDEO_HEADER = MEDIA.find(({ typeId }) => typeId === MessageType.video) as FlvTag;

/** The media messages of two seconds. */
function sendClip(client: RtmpClient): void {
  for (const { typeId, timestamp, payload } of MEDIA) {
    if (typeId === MessageType.video) client.video(timestamp, payload);
    else client.audio(timestamp, payload);
  }
}

for (const origin of origins()) {
  describe(`RTMP through ${origin.name}`, { timeout: 300_000 }, () => rtmpTests(origin));
}

function rtmpTests(origin: Origin): void {
  const hooks = new HookServer();
  const clients: RtmpClient[] = [];
  const programs: Ffmpeg[] = [];
  let supervisor: RunningSupervisor;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-rtmp-e2e-'));
    const url = await hooks.start();
    const template = join(folder, 'srs.template');
    const called = `on_publish ${url}; on_play ${url}; on_unpublish ${url};`;
    await writeFile(
      template,
      `vhost __defaultVhost__ { http_hooks { enabled on; ${called} } }
      vhost my.com { out_ack_size 5000000; chunk_size 4096; }\n`,
    );
    const env = { SRS_SUPERVISOR_SRS_TEMPLATE: template };
    supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3, env });
  });

  after(async () => {
    await supervisor?.dispose();
    hooks.close();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(programs.splice(0).map((program) => program.kill()));
  });

  function run(program: Ffmpeg): Ffmpeg {
    programs.push(program);
    return program;
  }

  async function open(): Promise<RtmpClient> {
    const client = await RtmpClient.open(supervisor.rtmpPort);
    clients.push(client);
    return client;
  }

  /** Says all that it takes to publish, and media, without listening. */
  async function publishUnheard(tcUrl: string, stream: string): Promise<RtmpClient> {
    const client = await open();
    client.publish(tcUrl, stream);
    sendClip(client);
    return client;
  }

  async function player(tcUrl: string, stream: string): Promise<RtmpClient> {
    const client = await open();
    client.play(tcUrl, stream);
    return client;
  }

  async function getsMedia(client: RtmpClient): Promise<void> {
    try {
      await until('media', () => client.media().length >= 20);
    } catch (error) {
      const rows = JSON.stringify(await supervisor.connections());
      const heard = `${client.media().length} media messages, ${client.codes().join()}`;
      throw new Error(`${heard}\n${rows}\n${supervisor.output}`, { cause: error });
    }
  }

  function dialled(options: Partial<RtmpClientOptions> = {}) {
    const { rtmpPort: port } = supervisor;
    return PlayingClient.connect({
      host: '127.0.0.1',
      port,
      tcUrl: DEFAULT,
      timeoutMs: 60_000,
      ...options,
    });
  }

  describe('URLs', () => {
    for (const [published, played, key] of FORMS) {
      it(`${published.join(' ')} is ${played.join(' ')}`, async () => {
        const viewer = await player(...played);
        await publishUnheard(...published);
        await getsMedia(viewer);
        const rows = await supervisor.connections();
        const ours = rows.filter(({ stream }) => stream === key);
        assert.deepEqual(ours.map(({ role }) => role).sort(), ['play', 'publish']);
        assert.equal(new Set(ours.map(({ child }) => child)).size, 1);
      });
    }

    it('parameters of stream name and tcUrl reach the child', async () => {
      await publishUnheard(DEFAULT, 'p1?token=secret&x=1');
      const published = await hooks.called('on_publish', 'p1');
      assert.equal(published.param, '?token=secret&x=1');
      await player(`${DEFAULT}?key=mine`, 'p1');
      const played = await hooks.called('on_play', 'p1');
      assert.equal(played.tcUrl, `${DEFAULT}?key=mine`);
      assert.match(played.param, /key=mine/);
    });

    it('a name may have a token of 3 KB', async () => {
      const token = 'x'.repeat(3000);
      const viewer = await player(DEFAULT, `t1?token=${token}`);
      await publishUnheard(DEFAULT, `t1?token=${token}`);
      await getsMedia(viewer);
      assert.equal((await hooks.called('on_publish', 't1')).param, `?token=${token}`);
      assert.equal((await hooks.called('on_play', 't1')).param, `?token=${token}`);
    });

    it('window and chunk size of a vhost are told before the answer of connect', async () => {
      const viewer = await player('rtmp://my.com/live', 'sizes');
      await publishUnheard('rtmp://my.com/live', 'sizes');
      await getsMedia(viewer);
      const told = viewer.heard.slice(0, 3).map(({ typeId, payload }) => [typeId, payload]);
      assert.deepEqual(
        told.map(([typeId, payload]) => [typeId, (payload as Buffer).readUInt32BE()]),
        [
          [MessageType.windowAckSize, 5_000_000],
          [MessageType.setPeerBandwidth, 2_500_000],
          [MessageType.setChunkSize, 4096],
        ],
      );
    });

    it('one name in two vhosts is two streams', async () => {
      const viewers = [await player('rtmp://my.com/live', 'v1'), await player(DEFAULT, 'v1')];
      const publisher = await publishUnheard('rtmp://my.com/live', 'v1');
      await getsMedia(viewers[0] as RtmpClient);
      assert.equal(viewers[1]?.media().length, 0);
      await publishUnheard(DEFAULT, 'v1');
      await getsMedia(viewers[1] as RtmpClient);
      await publisher.hears('NetStream.Publish.Start');
      const keys = (await supervisor.streams()).map(({ stream }) => stream);
      assert.ok(
        keys.includes(key('my.com/live/v1')) && keys.includes(key('__defaultVhost__/live/v1')),
      );
    });
  });

  describe('publishers', () => {
    it('ffmpeg', async () => {
      run(publish(supervisor.url('live/ffmpeg?token=1')));
      const viewer = run(playFrames(supervisor.url('live/ffmpeg'), 40));
      assert.equal(await viewer.ended, 0, viewer.errors);
      assert.equal(framesOf(viewer), 40);
    });

    for (const flow of ['fmle', 'flash', 'haivision'] as const) {
      it(`the flow of ${flow}, in large chunks`, async () => {
        const viewer = await player(DEFAULT, flow);
        const client = await dialled();
        const streamId = await client.publish(flow, flow);
        for (const { typeId, timestamp, payload } of MEDIA) {
          client.send({ csid: typeId === 9 ? 6 : 7, timestamp, typeId, streamId, payload });
        }
        await getsMedia(viewer);
        client.close();
      });
    }

    it('one that never listens', async () => {
      const viewer = await player(DEFAULT, 'deaf');
      await publishUnheard(DEFAULT, 'deaf');
      await getsMedia(viewer);
      const [video, audio, ...sent] = MEDIA.map(({ payload }) => payload.length);
      const got = viewer.media().map(({ payload }) => payload.length);
      assert.deepEqual(new Set(got.slice(0, 2)), new Set([video, audio]));
      // A player whose on_play took its time has missed the first.
      const frames = got.slice(2, 20);
      const first = sent.indexOf(frames[0] ?? 0);
      assert.deepEqual(frames, sent.slice(first, first + frames.length));
    });

    it('one that changes its chunk size in the middle', async () => {
      const viewer = await player(DEFAULT, 'chunks');
      const client = await open();
      client.publish(DEFAULT, 'chunks');
      client.video(0, VIDEO_HEADER.payload);
      const frames = Array.from({ length: 40 }, (_, n) => frame(40 * (n + 1), 5000 + 1000 * n));
      const sizes = [128, 65_536, 1000, 1_000_000];
      for (const [round, chunkSize] of sizes.entries()) {
        // The new size is said in chunks of the old one.
        if (round > 0) client.send(setChunkSize(chunkSize));
        for (const message of frames.slice(round * 10, round * 10 + 10)) {
          client.socket.write(encodeMessage(message, chunkSize));
        }
      }
      // SRS writes when there is enough to write, so the last ones wait for more.
      await until('most of it', () => viewer.media().length > 25);
      const [header, ...got] = viewer.media().map(({ payload }) => payload.length);
      assert.equal(header, VIDEO_HEADER.payload.length);
      // A player whose on_play took its time has missed the first.
      const sent = frames.map(({ payload }) => payload.length);
      const first = sent.indexOf(got[0] ?? 0);
      assert.deepEqual(got, sent.slice(first, first + got.length));
    });

    it('one that publishes again on its connection', async () => {
      const client = await publishUnheard(DEFAULT, 'again');
      await client.hears('NetStream.Publish.Start');
      client.command('FCUnpublish', null, 'again');
      await hooks.called('on_unpublish', 'again');
      hooks.calls.splice(0);
      const viewer = await player(DEFAULT, 'again');
      client.command('releaseStream', null, 'again');
      client.command('FCPublish', null, 'again');
      client.command('createStream');
      client.command('publish', null, 'again', 'live');
      await hooks.called('on_publish', 'again');
      sendClip(client);
      await getsMedia(viewer);
    });
  });

  describe('a second name on one connection', () => {
    /** Plays a name behind the one before, and waits for media of it. */
    async function goesOn(viewer: RtmpClient, stream: string): Promise<void> {
      viewer.command('closeStream');
      const { length } = viewer.codes();
      viewer.heard.splice(0);
      viewer.command('play', null, stream);
      await until(`Play.Start of ${stream} behind ${length}`, () =>
        viewer.codes().includes('NetStream.Play.Start'),
      );
      await getsMedia(viewer);
    }

    async function publishSlowly(stream: string): Promise<void> {
      run(publish(supervisor.url(`live/${stream}`)));
      await hooks.called('on_publish', stream);
    }

    it('is played from the child that has it, one after the other', async () => {
      const names = ['second0', 'second1', 'second2', 'second3'];
      for (const name of names) await publishSlowly(name);
      const viewer = await player(DEFAULT, 'second0');
      await getsMedia(viewer);
      const seen = new Set<string | null>();
      for (const name of [...names.slice(1), ...names]) {
        await goesOn(viewer, name);
        const rows = await supervisor.connections();
        const ours = rows.filter(({ stream }) => stream?.endsWith(`/${name}`));
        assert.deepEqual(ours.map(({ role }) => role).sort(), ['play', 'publish']);
        assert.equal(new Set(ours.map(({ child }) => child)).size, 1);
        seen.add(ours[0]?.child ?? null);
      }
      assert.ok(seen.size > 1, 'the names are on several children');
    });

    it('may have no publisher yet', async () => {
      await publishSlowly('early0');
      const viewer = await player(DEFAULT, 'early0');
      await getsMedia(viewer);
      viewer.command('closeStream');
      viewer.heard.splice(0);
      viewer.command('play', null, 'early1');
      await viewer.hears('NetStream.Play.Start');
      await publishSlowly('early1');
      await getsMedia(viewer);
      await goesOn(viewer, 'early0');
    });

    it('may be published', async () => {
      await publishSlowly('turn0');
      const client = await player(DEFAULT, 'turn0');
      await getsMedia(client);
      const viewer = await player(DEFAULT, 'turn1');
      client.command('closeStream');
      client.command('createStream');
      client.command('publish', null, 'turn1', 'live');
      await client.hears('NetStream.Publish.Start');
      sendClip(client);
      await getsMedia(viewer);
    });
  });

  describe('clients', () => {
    for (const schema of ['schema0', 'schema1'] as const) {
      it(`with a digest in ${schema} publish and play`, async () => {
        const c0c1 = () => buildComplexC1(schema, Buffer.alloc(1528, 0x33));
        const publisher = await dialled({ c0c1: c0c1() });
        await publisher.publish(schema);
        const viewer = await dialled({ c0c1: c0c1() });
        await viewer.play(schema);
        publisher.close();
        viewer.close();
      });
    }

    it('speak AMF3', async () => {
      const target = { tcUrl: DEFAULT, app: 'live', stream: 'amf3' };
      const bytesOf = (name: string) =>
        CLIENTS.find((client) => client.name === name)!.build(target);
      const viewer = await open();
      viewer.socket.write(bytesOf('Flash plays with AMF3'));
      const publisher = await open();
      publisher.socket.write(bytesOf('Flash publishes with AMF3'));
      await publisher.hears('NetStream.Publish.Start');
      sendClip(publisher);
      await getsMedia(viewer);
    });

    it('come by IPv6', { skip: NO_IPV6 }, async () => {
      run(publish(`rtmp://[::1]:${supervisor.rtmpPort}/live/six`));
      const viewer = run(playFrames(`rtmp://[::1]:${supervisor.rtmpPort}/live/six`, 20));
      assert.equal(await viewer.ended, 0, viewer.errors);
      const rows = await supervisor.connections();
      const publisher = rows.find(({ stream }) => stream?.endsWith('/six'));
      assert.match(publisher?.client ?? '', /^\[::1\]:\d+$/);
    });

    it('that stop reading hold up no others', async () => {
      const [slow, quick] = [await player(DEFAULT, 'slow'), await player(DEFAULT, 'slow')];
      for (const viewer of [slow, quick]) await viewer.hears('NetStream.Play.Start');
      const client = await dialled();
      const streamId = await client.publish('slow');
      slow.socket.pause();
      client.send({ ...VIDEO_HEADER, csid: 6, streamId });
      for (let sent = 0; sent < 300; ) {
        for (let n = 0; n < 30; n++) client.send(frame(++sent * 40, 100_000));
        await until('the frames', () => quick.media().length > sent - 20);
      }
      assert.ok(slow.media().length < 300);
      client.close();
    });
  });

  describe('an SRS edge', {
    skip: origin.name !== 'srs' && (NO_SRS || 'needs the real SRS'),
  }, () => {
    let edge: Srs;
    before(async () => {
      const upstream = `origin 127.0.0.1:${supervisor.rtmpPort};`;
      edge = await Srs.start(undefined, 0, `cluster { mode remote; ${upstream} }`);
    });
    after(() => edge?.close());

    it('pulls from us', async () => {
      run(publish(supervisor.url('live/pulled')));
      const viewer = run(playFrames(`rtmp://127.0.0.1:${edge.rtmp}/live/pulled?token=5`, 40));
      assert.equal(await viewer.ended, 0, viewer.errors);
      assert.match((await hooks.called('on_play', 'pulled')).param, /token=5/);
    });

    it('pushes to us', async () => {
      run(publish(`rtmp://127.0.0.1:${edge.rtmp}/live/pushed`));
      const viewer = run(playFrames(supervisor.url('live/pushed'), 40));
      assert.equal(await viewer.ended, 0, viewer.errors);
    });
  });
}

/** An inter frame of H.264 with one NAL unit, `size` bytes in all. */
function frame(timestamp: number, size: number): RtmpMessage {
  const payload = Buffer.alloc(size, 0x55);
  payload.set([0x27, 1, 0, 0, 0]);
  payload.writeUInt32BE(size - 9, 5);
  payload.writeUInt8(0x41, 9);
  return { csid: 6, timestamp, typeId: MessageType.video, streamId: 1, payload };
}
