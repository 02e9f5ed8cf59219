import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { AdminStatus } from '../../src/admin/types.js';
import { type FlvTag, parseFlv } from '../../src/demo/flv.js';
import { MessageType } from '../../src/protocol/rtmp/message.js';
import { Cast } from '../helpers/cast.js';
import { makeCertificate } from '../helpers/certificate.js';
import { Cluster, publishOn } from '../helpers/cluster.js';
import { type Origin, origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const TC_URL = 'rtmp://127.0.0.1/live';
const ENOUGH = 20;
const NAMES = ['n0', 'n1', 'n2', 'n3'];
const MEDIA = readTags();

function readTags(): readonly FlvTag[] {
  const clip = parseFlv(readFileSync(CLIP));
  assert.ok(clip.kind === 'value');
  return clip.value.tags.filter(({ typeId }) => typeId === MessageType.video).slice(0, 50);
}

/** The raw clients of a test. */
class Clients {
  readonly #open: RtmpClient[] = [];

  add(socket: Socket): RtmpClient {
    const client = RtmpClient.over(socket);
    this.#open.push(client);
    return client;
  }

  close(): void {
    for (const client of this.#open.splice(0)) client.close();
  }
}

const WAYS = [
  ['RTMP', false],
  ['RTMPS', true],
] as const;

for (const origin of origins()) {
  describe(`a second name on one connection, ${origin.name}`, BOUNDED, () => {
    describe('by RTMPS', () => byRtmps(origin));
    describe('on two boxes', () => onTwoBoxes(origin));
  });
}

async function playsMedia(client: RtmpClient, name: string): Promise<void> {
  client.heard.splice(0);
  client.command('play', null, name);
  await until(`media of ${name}, heard ${client.codes().join()}`, () => {
    return client.codes().includes('NetStream.Play.Start') && client.media().length > ENOUGH;
  });
}

/** Plays all the names, one after the other. */
async function playsAll(client: RtmpClient, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await playsMedia(client, name);
    client.command('closeStream');
  }
}

async function connected(at: { host: string; port: number }, tls: boolean): Promise<Socket> {
  const socket = tls ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
  await once(socket, tls ? 'secureConnect' : 'connect');
  return socket;
}

/** Publishes media for a while, as an encoder of FMLE's kind or as Flash. */
async function publishes(client: RtmpClient, name: string, fmle: boolean): Promise<void> {
  client.publish(TC_URL, name, fmle);
  await client.hears('NetStream.Publish.Start');
  sendClip(client);
}

/** The video messages of two seconds. */
function sendClip(client: RtmpClient): void {
  for (const { timestamp, payload } of MEDIA) client.video(timestamp, payload);
}

function unpublishes(client: RtmpClient, name: string, fmle: boolean): void {
  if (fmle) client.command('FCUnpublish', null, name);
  client.command('deleteStream', null, 1);
  client.command('createStream');
}

function byRtmps(origin: Origin): void {
  const cast = new Cast();
  const clients = new Clients();
  let supervisor: RunningSupervisor;
  let folder: string;
  let port: number;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-second-name-'));
    const { cert, key } = await makeCertificate(folder, 'box');
    port = await freePort();
    const env = {
      SRS_SUPERVISOR_LISTEN_RTMPS: `${port}`,
      SRS_SUPERVISOR_TLS_CERT: cert,
      SRS_SUPERVISOR_TLS_KEY: key,
    };
    supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3, env });
    for (const name of NAMES) cast.publish(supervisor.url(`live/${name}`));
    for (const name of NAMES) await supervisor.ownerOf(`live/${name}`);
    const rows = await supervisor.streams();
    assert.ok(new Set(rows.map(({ child }) => child)).size > 1, 'names are on several children');
  });
  afterEach(() => clients.close());
  after(async () => {
    await cast.close();
    await supervisor?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(tls: boolean): Promise<RtmpClient> {
    const at = { port: tls ? port : supervisor.rtmpPort, host: '127.0.0.1' };
    return clients.add(await connected(at, tls));
  }

  it('is played from the child that has it, one after the other', async () => {
    const client = await open(true);
    client.connect(TC_URL);
    client.command('createStream');
    await playsAll(client, [...NAMES, ...NAMES]);
  });

  for (const [way, tls] of WAYS) {
    for (const fmle of [true, false]) {
      const kind = fmle ? 'FMLE' : 'Flash';

      it(`is played by a publisher of ${kind}'s kind, by ${way}`, async () => {
        const name = `own-${kind}-${way}`;
        const client = await open(tls);
        await publishes(client, name, fmle);
        unpublishes(client, name, fmle);
        await playsAll(client, NAMES);
        const rows = await supervisor.connections();
        assert.ok(!rows.some(({ stream }) => stream?.endsWith(name)));
      });

      it(`is published behind another one, by ${kind}'s kind and ${way}`, async () => {
        const name = `twice-${kind}-${way}`;
        const client = await open(tls);
        await publishes(client, name, fmle);
        unpublishes(client, name, fmle);
        client.heard.splice(0);
        client.command('publish', null, `${name}-2`, 'live');
        await client.hears('NetStream.Publish.Start');
        const viewer = await open(false);
        viewer.play(TC_URL, `${name}-2`);
        await viewer.hears('NetStream.Play.Start');
        sendClip(client);
        await until('media of the second name', () => viewer.media().length > 0);
      });
    }
  }
}

function portOf(listeners: AdminStatus['listeners'], wanted: string): number {
  const address = listeners.find(({ name }) => name === wanted)?.address ?? '';
  return Number(/:(\d+)$/.exec(address)?.[1]);
}

function onTwoBoxes(origin: Origin): void {
  const cast = new Cast();
  const clients = new Clients();
  let cluster: Cluster;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-second-name-'));
    const { cert, key } = await makeCertificate(folder, 'box');
    const env = {
      SRS_SUPERVISOR_LISTEN_RTMPS: '0',
      SRS_SUPERVISOR_TLS_CERT: cert,
      SRS_SUPERVISOR_TLS_KEY: key,
    };
    cluster = await Cluster.start({ origin: origin.path, children: 2, env });
    for (const name of NAMES) {
      await publishOn(cast, name < 'n2' ? cluster.a : cluster.b, `live/${name}`);
    }
  });
  afterEach(() => clients.close());
  after(async () => {
    await cast.close();
    await cluster?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(tls: boolean): Promise<RtmpClient> {
    const { rtmpPort, host } = cluster.a.supervisor;
    const { listeners } = await cluster.a.supervisor.get<AdminStatus>('status');
    const at = { host, port: tls ? portOf(listeners, 'rtmps') : rtmpPort };
    return clients.add(await connected(at, tls));
  }

  for (const [way, tls] of WAYS) {
    it(`is played wherever it is, there and back, by ${way}`, async () => {
      const client = await open(tls);
      client.connect(TC_URL);
      client.command('createStream');
      await playsAll(client, ['n0', 'n2', 'n1', 'n3', 'n2', 'n0']);
    });

    it(`is played by a publisher, wherever it is, by ${way}`, async () => {
      const client = await open(tls);
      await publishes(client, `own-${way}`, true);
      unpublishes(client, `own-${way}`, true);
      await playsAll(client, ['n2', 'n0', 'n3']);
    });
  }
}
