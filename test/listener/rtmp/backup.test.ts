import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { LivePublisher } from '../../../src/listener/gate.js';
import { ChunkReader, type ReadMessage } from '../../../src/protocol/rtmp/chunk-reader.js';
import { decodeCommand } from '../../../src/protocol/rtmp/command.js';
import { isMuted } from '../../../src/protocol/rtmp/play-record.js';
import { gateOf, OPEN_RULES } from '../../helpers/gate.js';
import { Acceptor } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';
import { RtmpClient } from '../../origin/rtmp-client.js';
import { C001, CHILD_HANDSHAKE, encoded, Rig, result, type Server, status } from './rig.js';

const TCURL = 'rtmp://127.0.0.1/live';
const KEY = '__defaultVhost__/live/cam';
const START = 'NetStream.Publish.Start';
const KEYFRAME = [0x17, 1, 0, 0, 0, 1];
const INTER = [0x27, 1, 0, 0, 0, 1];

for (const server of ['node', 'threads'] as const) {
  describe(`a second RTMP publisher (${server})`, { timeout: 120_000 }, () => backups(server));
}

/** The messages that a child hears of a client behind its handshake. */
class ChildEar {
  readonly heard: ReadMessage[] = [];
  readonly #reader = new ChunkReader();
  #skip = CHILD_HANDSHAKE.length;

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => this.#hear(bytes)).resume();
  }

  get commands(): string[] {
    return this.heard.flatMap((message) => {
      const command = decodeCommand(message);
      return command.kind === 'value' && !isMuted(command.value.name) ? command.value.name : [];
    });
  }

  /** Time and first byte of each video message behind `publish`. */
  get video(): (readonly [number, number | undefined])[] {
    const named = this.heard.findIndex((message) => {
      const command = decodeCommand(message);
      return command.kind === 'value' && command.value.name === 'publish';
    });
    return this.heard
      .slice(named)
      .filter(({ typeId }) => typeId === 9)
      .map(({ timestamp, payload }) => [timestamp, payload[0]]);
  }

  #hear(bytes: Buffer): void {
    this.#reader.push(bytes.subarray(Math.min(this.#skip, bytes.length)));
    this.#skip -= Math.min(this.#skip, bytes.length);
    for (let read = this.#reader.next(); read.kind === 'value'; read = this.#reader.next()) {
      this.heard.push(read.value);
    }
  }
}

function backups(server: Server): void {
  let child: Acceptor;
  let rig: Rig;
  let live: LivePublisher | null;
  const clients: RtmpClient[] = [];

  beforeEach(async () => {
    child = await Acceptor.open();
    live = { owner: C001, isAccepted: true };
    const rules = { ...OPEN_RULES, takeover: 'silent', silentMs: 60_000, backup: true } as const;
    rig = new Rig(server, { gate: gateOf({ rules: () => rules, liveHere: () => live }) });
    rig.ways = [{ port: child.port, owner: C001 }];
    await rig.listener.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await rig.empties();
    assert.equal(rig.released, rig.asked.length);
    await rig.close();
    await child.close();
  });

  async function publisher(fmle = true): Promise<RtmpClient> {
    const client = await RtmpClient.open(rig.port);
    clients.push(client);
    client.publish(TCURL, 'cam', fmle);
    return client;
  }

  async function roles(): Promise<unknown[]> {
    return (await rig.listener.rows()).map(({ role, child: id, stream }) => [role, id, stream]);
  }

  /** Takes the publisher's connection as a child. */
  async function serve(calls: number): Promise<{ socket: Socket; ear: ChildEar }> {
    const socket = await child.next();
    const ear = new ChildEar(socket);
    const results = Array.from({ length: calls }, (_, at) => result(at + 1, 1));
    const answers = encoded(...results, status(START));
    socket.write(Buffer.concat([CHILD_HANDSHAKE, answers]));
    return { socket, ear };
  }

  for (const fmle of [true, false]) {
    it(`waits, and goes on in the child from its last keyframe, FMLE: ${fmle}`, async () => {
      const client = await publisher(fmle);
      await client.hears(START);
      assert.deepEqual(await roles(), [['backup', null, KEY]]);
      assert.deepEqual(rig.asked, []);
      client.video(0, KEYFRAME);
      client.video(40, INTER);
      client.video(80, KEYFRAME);
      client.video(120, INTER);
      const said = async () => (await rig.listener.rows())[0]?.bytesIn ?? 0;
      await until('it is heard', async () => (await said()) >= 4 * 18);
      live = null;
      const { socket, ear } = await serve(fmle ? 4 : 2);
      await until('it is relayed', async () => (await roles()).flat().includes('c001'));
      assert.deepEqual(await roles(), [['publish', 'c001', KEY]]);
      // It may be read up to the end of the next message only.
      client.video(160, INTER);
      client.video(200, INTER);
      await until('media from the client', () => ear.video.length >= 4);
      assert.deepEqual(ear.video, [
        [80, 0x17],
        [120, 0x27],
        [160, 0x27],
        [200, 0x27],
      ]);
      const calls = fmle ? ['releaseStream', 'FCPublish'] : [];
      assert.deepEqual(ear.commands, ['connect', ...calls, 'createStream', 'publish']);
      assert.deepEqual(rig.asked, [`publish ${KEY}`]);
      socket.destroy();
      await client.ends();
    });
  }

  it('is the only one that waits', async () => {
    await (await publisher()).hears(START);
    const third = await publisher();
    await third.hears('NetStream.Publish.BadName');
    await rig.failed('busy', 1);
  });

  it('leaves nothing behind where it goes, is kicked, or ends its stream', async () => {
    const leaving = await publisher();
    await leaving.hears(START);
    leaving.close();
    await rig.failed('left', 1);
    const kicked = await publisher();
    await kicked.hears(START);
    assert.equal(rig.listener.kick(({ role }) => role === 'backup', 'kicked').length, 1);
    await kicked.ends();
    await rig.failed('left', 2);
    const ending = await publisher();
    await ending.hears(START);
    ending.command('FCUnpublish', null, 'cam');
    await ending.ends();
    await rig.failed('left', 3);
    const broken = await publisher();
    await broken.hears(START);
    broken.socket.write(Buffer.alloc(100, 0xff));
    await broken.ends();
    await rig.failed('invalid', 1);
  });
}
