import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CONCLUSION } from '../../src/protocol/srt/handshake.js';
import { Cast } from '../helpers/cast.js';
import { publishFrom } from '../helpers/half-open.js';
import { Machine, openHub } from '../helpers/machine.js';
import type { Ffmpeg } from '../helpers/media.js';
import { isInside, NO_NAMESPACES, runInside } from '../helpers/namespaces.js';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { offerText } from '../helpers/sdp.js';
import { SrtCaller } from '../helpers/srt-caller.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { UserHooks } from '../hooks/hook-server.js';
import { RtmpClient } from '../origin/rtmp-client.js';

/** The address of the test's namespace for the machines. */
const HUB = '10.98.0.1';
/** Milliseconds between the frames of a slow publisher. */
const SLOW_MS = 1500;

/** Tests with one origin, in the namespace that is the machines' centre. */
class Stage {
  readonly cast = new Cast();
  readonly #machines: Machine[] = [];
  readonly #publishers: Ffmpeg[] = [];
  readonly #clients: RtmpClient[] = [];
  hooks!: UserHooks;
  box!: RunningSupervisor;
  ports!: { api: number; rtc: number; srt: number | 'off' };

  async open(origin: Origin, env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.hooks = await UserHooks.start();
    const srt = origin.name === 'srs' ? await freePort() : 'off';
    this.ports = { api: await freePort(), rtc: await freePort(), srt };
    const urls = ['PUBLISH', 'UNPUBLISH'].map((name) => [
      `SRS_SUPERVISOR_HOOKS_ON_${name}`,
      `${this.hooks.url}/`,
    ]);
    this.box = await RunningSupervisor.start({
      origin: origin.path,
      children: 2,
      ports: this.ports,
      env: { ...Object.fromEntries(urls), ...env },
    });
  }

  /** Publishes from a machine until that is cut off from us without a word. */
  async vanish(stream: string, protocol: 'rtmp' | 'srt' = 'rtmp'): Promise<void> {
    const machine = await Machine.open();
    this.#machines.push(machine);
    const url =
      protocol === 'rtmp'
        ? `rtmp://${HUB}:${this.box.rtmpPort}/live/${stream}`
        : `srt://${HUB}:${this.ports.srt}?streamid=#!::r=live/${stream},m=publish`;
    this.#publishers.push(publishFrom(machine, url));
    await this.box.ownerOf(`live/${stream}`);
    const player = await this.cast.play(this.box.url(`live/${stream}`));
    await moreFor(player, 10);
    await player.close();
    machine.cutOff(HUB);
  }

  async client(): Promise<RtmpClient> {
    const client = await RtmpClient.open(this.box.rtmpPort);
    this.#clients.push(client);
    return client;
  }

  /** A new publisher without media. */
  async publisher(stream: string): Promise<RtmpClient> {
    const client = await this.client();
    client.publish(this.tcUrl, stream);
    return client;
  }

  get tcUrl(): string {
    return `rtmp://127.0.0.1:${this.box.rtmpPort}/live`;
  }

  offer(stream: string): Promise<Response> {
    const url = `http://127.0.0.1:${this.ports.api}/rtc/v1/whip/?app=live&stream=${stream}`;
    const headers = { 'Content-Type': 'application/sdp' };
    return fetch(url, { method: 'POST', headers, body: offerText('sendonly') });
  }

  /** Actions that the hooks heard of a stream, in order. */
  heard(stream: string): unknown[] {
    return this.hooks.calls
      .map(({ body }) => body)
      .flatMap((body) => (body.stream === stream ? [body.action] : []));
  }

  async clear(): Promise<void> {
    await this.cast.close();
    for (const client of this.#clients.splice(0)) client.close();
    await Promise.all(this.#publishers.splice(0).map((one) => one.kill()));
    for (const machine of this.#machines.splice(0)) await machine.close();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.box?.dispose();
    await this.hooks?.close();
  }
}

function assertSilent(origin: Origin): void {
  const isSrs = origin.name === 'srs';
  const stage = new Stage();
  before(() => stage.open(origin));
  afterEach(() => stage.clear());
  after(() => stage.close());

  it('gives an RTMP publisher the stream of one that has vanished; players stay', async () => {
    await stage.vanish('x');
    const player = await stage.cast.play(stage.box.url('live/x'));
    await stage.cast.publish(stage.box.url('live/x'));
    await moreFor(player);
    assert.ok(!player.hasEnded);
    const before = ['on_publish', 'on_unpublish', 'on_publish'];
    await until('the hooks', () => stage.heard('x').length >= before.length);
    assert.deepEqual(stage.heard('x'), before);
    assert.match(stage.box.output, /publisher taken over/);
  });

  it('gives a WebRTC publisher the stream of an RTMP one, and the other way', async () => {
    await stage.vanish('mixed');
    assert.equal((await stage.offer('mixed')).status, 201);
    const third = await stage.publisher('mixed');
    await third.hears('NetStream.Publish.Start');
  });

  it('gives a WebRTC publisher the stream of one that never sent media', async () => {
    assert.equal((await stage.offer('page')).status, 201);
    assert.equal((await stage.offer('page')).status, 201);
  });

  it('never takes over a living slow publisher', async () => {
    const slow = await stage.publisher('slow');
    await slow.hears('NetStream.Publish.Start');
    let time = 0;
    const send = () => {
      time += SLOW_MS;
      slow.video(time, [0x17, 1, 0, 0, 0, 1]);
    };
    send();
    const timer = setInterval(send, SLOW_MS);
    try {
      for (let times = 0; times < 4; times++) {
        const other = await stage.publisher('slow');
        await other.hears('NetStream.Publish.BadName');
        await other.ends();
        await delay(SLOW_MS / 3);
      }
      assert.equal((await stage.offer('slow')).status, 409);
      assert.ok(!slow.closed);
      assert.deepEqual(stage.heard('slow'), ['on_publish']);
    } finally {
      clearInterval(timer);
    }
  });

  it('refuses a second newcomer while the first one takes over', async () => {
    await stage.vanish('two');
    const first = await stage.publisher('two');
    const second = await stage.publisher('two');
    await second.hears('NetStream.Publish.BadName');
    await first.hears('NetStream.Publish.Start');
  });

  it('lets SRT callers and RTMP publishers follow each other', { skip: !isSrs }, async () => {
    const caller = await new SrtCaller().open();
    caller.target = Number(stage.ports.srt);
    await stage.vanish('caller', 'srt');
    const answer = await caller.call(1, '#!::r=live/caller,m=publish');
    assert.equal(answer.type, CONCLUSION);
    const published = () => stage.heard('caller').filter((one) => one === 'on_publish').length;
    // SRS asks its hooks after the handshake, and decides itself until then.
    await until('the caller publishes', () => published() === 2);
    const next = await stage.publisher('caller');
    await next.hears('NetStream.Publish.Start');
    // SRS asks its hooks after this answer.
    await until('the RTMP client publishes', () => published() === 3);
    await caller.close();
  });

  it('refuses an SRT caller whose stream is published', { skip: !isSrs }, async () => {
    stage.cast.publish(stage.box.url('live/taken'));
    await stage.box.ownerOf('live/taken');
    const caller = await new SrtCaller().open();
    caller.target = Number(stage.ports.srt);
    assert.equal((await caller.call(1, '#!::r=live/taken,m=publish')).type, 2409);
    await caller.close();
  });
}

function assertPolicies(origin: Origin): void {
  const stage = new Stage();
  after(() => stage.close());

  it('refuses every newcomer with `refuse`, and admits every one with `always`', async () => {
    await stage.open(origin, { SRS_SUPERVISOR_PUBLISH_TAKEOVER: 'refuse' });
    await stage.vanish('x');
    const refused = await stage.publisher('x');
    await refused.hears('NetStream.Publish.BadName');
    await stage.close();

    await stage.open(origin, { SRS_SUPERVISOR_PUBLISH_TAKEOVER: 'always' });
    const old = stage.cast.publish(stage.box.url('live/y'));
    await stage.box.ownerOf('live/y');
    const admitted = await stage.publisher('y');
    await admitted.hears('NetStream.Publish.Start');
    await old.ended;
  });
}

if (isInside) {
  openHub();
  for (const origin of origins()) {
    describe(`a publisher that comes back, ${origin.name}`, BOUNDED, () => assertSilent(origin));
    describe(`publish.takeover, ${origin.name}`, BOUNDED, () => assertPolicies(origin));
  }
} else {
  describe('take-over', { skip: NO_NAMESPACES }, () => {
    it('of streams whose publisher has vanished', BOUNDED, async () => {
      const { code, output } = await runInside(import.meta.filename);
      assert.equal(code, 0, output);
    });
  });
}
