import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../src/protocol/rtmp/command.js';
import { MessageType, type RtmpMessage } from '../../src/protocol/rtmp/message.js';
import { until } from '../helpers/until.js';
import { TestOrigin } from './helpers.js';
import { RtmpClient } from './rtmp-client.js';

const VIDEO_HEADER = [0x17, 0, 0, 0, 0, 1, 100, 0, 31];
const AUDIO_HEADER = [0xaf, 0, 0x12, 0x10];
const KEYFRAME = [0x17, 1, 0, 0, 0, 9];
const FRAME = [0x27, 1, 0, 0, 0, 9];

/** Sends headers, a keyframe and nine frames, 40 ms apart. */
function sendGop(publisher: RtmpClient, from: number): void {
  publisher.video(from, VIDEO_HEADER);
  publisher.audio(from, AUDIO_HEADER);
  for (let frame = 0; frame < 10; frame++) {
    publisher.video(from + frame * 40, frame === 0 ? KEYFRAME : FRAME);
  }
}

function frames(player: RtmpClient): number {
  return player.media().filter(({ typeId, payload }) => typeId === 9 && payload[1] === 1).length;
}

describe('mini-srs speaks RTMP', { timeout: 120_000 }, () => {
  let origin: TestOrigin;
  before(async () => {
    origin = await TestOrigin.start();
  });
  after(() => origin.close());

  it('answers a client that sends all at once', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'pipelined');
    await publisher.hears('NetStream.Publish.Start');
    const control = publisher.heard.slice(0, 3).map(({ typeId }) => typeId);
    const { windowAckSize, setPeerBandwidth, setChunkSize } = MessageType;
    assert.deepEqual(control, [windowAckSize, setPeerBandwidth, setChunkSize]);
    const info = publisher.said()[0]?.[3];
    const data = Reflect.get(Object(info), 'data');
    assert.equal(Reflect.get(Object(data), 'srs_pid'), origin.program.child.pid);
    const ids = (await origin.clients()).map(({ id }) => id);
    assert.ok(ids.includes(Reflect.get(Object(data), 'srs_id')));
    publisher.close();
  });

  it('lets a player wait, and go on when the publisher comes back', async () => {
    const player = await RtmpClient.open(origin.rtmp);
    player.play(origin.tcUrl, 'again');
    await player.hears('NetStream.Play.Start');
    for (const [round, from] of [1000, 5].entries()) {
      const publisher = await RtmpClient.open(origin.rtmp);
      publisher.publish(origin.tcUrl, 'again');
      await publisher.hears('NetStream.Publish.Start');
      sendGop(publisher, from);
      await until('ten frames', () => frames(player) === 10 * (round + 1));
      publisher.command('FCUnpublish', null, 'again');
      await publisher.hears('NetStream.Unpublish.Success');
      publisher.close();
    }
    const times = player.media().map(({ timestamp }) => timestamp);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok(player.media().every(({ fmt }) => fmt === 0));
    assert.equal(player.closed, false);
    player.close();
  });

  it('gives a late player the headers and the pictures since the keyframe', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'late', false);
    await publisher.hears('NetStream.Publish.Start');
    sendGop(publisher, 0);
    sendGop(publisher, 400);
    const early = await RtmpClient.open(origin.rtmp);
    await until('twenty frames', async () =>
      (await origin.streams()).some(({ name, frames: seen }) => name === 'late' && seen === 20),
    );
    early.play(origin.tcUrl, 'late');
    await until('ten frames', () => frames(early) === 10);
    const kinds = early.media().map(({ payload }) => payload.toString('hex', 0, 2));
    assert.deepEqual(kinds.slice(0, 3), ['af00', '1700', '1701']);
    const [client] = (await origin.clients()).filter(({ publish }) => publish);
    assert.equal(client?.type, 'flash-publish');
    for (const peer of [publisher, early]) peer.close();
  });

  it('lets one connection publish one name after another', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'one');
    await publisher.hears('NetStream.Publish.Start');
    publisher.command('FCUnpublish', null, 'one');
    publisher.command('releaseStream', null, 'two');
    publisher.command('FCPublish', null, 'two');
    publisher.command('createStream');
    publisher.command('publish', null, 'two', 'live');
    const streams = async (): Promise<unknown[]> =>
      (await origin.streams()).map(({ name }) => name);
    await until('the second name', async () => (await streams()).includes('two'));
    assert.equal((await streams()).includes('one'), false);
    publisher.close();
    await until('no stream', async () => (await streams()).length === 0);
  });

  it('gives a player what is collected for it before closeStream ends its stream', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'left');
    await publisher.hears('NetStream.Publish.Start');
    sendGop(publisher, 0);
    const player = await RtmpClient.open(origin.rtmp);
    player.play(origin.tcUrl, 'left');
    await until('ten frames', () => frames(player) === 10);
    for (let frame = 0; frame < 5; frame++) publisher.video(400 + frame, FRAME);
    await until('fifteen frames', async () =>
      (await origin.streams()).some(({ name, frames: seen }) => name === 'left' && seen === 15),
    );
    player.command('closeStream');
    player.command('createStream');
    const isAnswered = () => player.said().some(([, id]) => id === player.transaction);
    await until('the next call is answered', isAnswered);
    const { heard } = player;
    const last = heard.findLastIndex(({ typeId }) => typeId === MessageType.commandAmf0);
    const isFrame = ({ typeId, payload }: RtmpMessage) => typeId === 9 && payload[1] === 1;
    assert.equal(heard.slice(0, last).filter(isFrame).length, 15);
    for (const peer of [publisher, player]) peer.close();
  });

  it('resolves vhosts: an unknown host is the default one', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish('rtmp://somewhere.else/live', 'v');
    await publisher.hears('NetStream.Publish.Start');
    const other = await RtmpClient.open(origin.rtmp);
    other.publish('rtmp://127.0.0.1/live?vhost=my.com', 'v');
    await other.hears('NetStream.Publish.Start');
    const urls = (await origin.streams()).map(({ url }) => url);
    assert.deepEqual(urls.sort(), ['/live/v', 'my.com/live/v']);
    publisher.close();
    other.close();
  });

  it('takes AMF3 commands, and an aggregate apart', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.connect(origin.tcUrl);
    for (const [name, ...args] of [['createStream'], ['publish', 'amf3', 'live']]) {
      const command = { name: String(name), transactionId: 9, object: null, args };
      const message = encodeCommand(command, { csid: 3, streamId: 1 });
      const payload = Buffer.concat([Buffer.of(0), message.payload]);
      publisher.send({ ...message, typeId: MessageType.commandAmf3, payload });
    }
    await publisher.hears('NetStream.Publish.Start');
    const tag = Buffer.from([9, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, ...KEYFRAME, 0, 0, 0, 17]);
    const payload = Buffer.concat([tag, tag]);
    const aggregate = { csid: 6, timestamp: 0, typeId: MessageType.aggregate, streamId: 1 };
    publisher.send({ ...aggregate, payload });
    await until('two frames', async () => (await origin.streams())[0]?.frames === 2);
    publisher.close();
  });

  it('acknowledges what it received, and answers a ping', async () => {
    const publisher = await RtmpClient.open(origin.rtmp);
    publisher.publish(origin.tcUrl, 'acked');
    const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
    const system = { csid: 2, timestamp: 0, streamId: 0 };
    const { windowAckSize, userControl, acknowledgement } = MessageType;
    publisher.send({ ...system, typeId: windowAckSize, payload: bytes('00001000') });
    publisher.send({ ...system, typeId: userControl, payload: bytes('000600000007') });
    for (let frame = 0; frame < 20; frame++) publisher.video(frame, Buffer.alloc(1000, 0x27));
    await until('an acknowledgement', () =>
      publisher.heard.some(({ typeId }) => typeId === acknowledgement),
    );
    const pong = publisher.heard.find(({ typeId }) => typeId === userControl);
    assert.equal(pong?.payload.toString('hex'), '000700000007');
    publisher.close();
  });

  it('closes a connect without tcUrl, and a publish before any connect', async () => {
    const nameless = await RtmpClient.open(origin.rtmp);
    nameless.command('connect', { app: 'live' });
    const hasty = await RtmpClient.open(origin.rtmp);
    hasty.command('publish', null, 's', 'live');
    await nameless.ends();
    await hasty.ends();
  });

  it('skips a proxy prefix before the handshake', async () => {
    const plain = await RtmpClient.open(origin.rtmp);
    const socket = connect({ port: origin.rtmp, host: '127.0.0.1' });
    const hello = Buffer.alloc(1537, 1);
    hello[0] = 3;
    socket.write(Buffer.concat([Buffer.from('f300047f000001', 'hex'), hello]));
    let size = 0;
    socket.on('data', (bytes: Buffer) => {
      size += bytes.length;
    });
    await until('S0 S1 S2', () => size === 3073);
    socket.destroy();
    plain.close();
  });

  it('survives any bytes, before and after the handshake', async () => {
    let seed = 1;
    const random = (size: number): Buffer =>
      Buffer.from(
        Array.from({ length: size }, () => {
          seed = (seed * 1103515245 + 12345) & 0x7fffffff;
          return seed >> 16;
        }),
      );
    for (let round = 0; round < 60; round++) {
      const client = await RtmpClient.open(origin.rtmp);
      if (round % 3 === 1) client.connect(origin.tcUrl);
      if (round % 3 === 2) client.publish(origin.tcUrl, `fuzz${round}`);
      const command = encodeCommand(
        { name: 'publish', transactionId: 1, object: null, args: ['x'] },
        { csid: 3, streamId: 1 },
      );
      const bytes = encodeMessage({ ...command, payload: random(200) }, 128);
      client.socket.write(round % 2 === 0 ? random(500) : bytes);
      client.socket.end();
    }
    const survivor = await RtmpClient.open(origin.rtmp);
    survivor.publish(origin.tcUrl, 'survivor');
    await survivor.hears('NetStream.Publish.Start');
    await until('one client', async () => (await origin.clients()).length === 1);
    survivor.close();
    assert.equal(origin.program.child.exitCode, null);
  });
});
