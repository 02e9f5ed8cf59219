import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { ChunkReader, type ReadMessage } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { decodeCommand, encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { setChunkSize, windowAckSize } from '../../../src/protocol/rtmp/control.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import { HeldPublish } from '../../../src/protocol/rtmp/held-publish.js';
import { type Identified, RtmpIdentifier } from '../../../src/protocol/rtmp/identify.js';
import { MAX_GROUP_BYTES } from '../../../src/protocol/rtmp/latest-group.js';
import { MessageType, type RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { isMuted } from '../../../src/protocol/rtmp/play-record.js';
import { PublishRecord } from '../../../src/protocol/rtmp/publish-record.js';
import { CompressingWriter } from '../../helpers/compressing-writer.js';
import { CLIENTS } from '../../helpers/rtmp-bytes.js';

const RANDOM = Buffer.alloc(HANDSHAKE_SIZE, 0x5a);
const SERVER = { signature: 'SRS', version: '1', ip: '192.0.2.1', pid: 7, id: 'abc' };
const TARGET = { tcUrl: 'rtmp://127.0.0.1/live', app: 'live', stream: 'cam' };
const PUBLISHERS = CLIENTS.filter(({ role }) => role === 'publish');
const CHUNK = 4096;
const AVC_HEADER = [0x17, 0, 0, 0, 0];
const AAC_HEADER = [0xaf, 0];

function identified(commands: Buffer): Identified {
  const identifier = new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
  const hello = Buffer.concat([buildC0C1(0, RANDOM), RANDOM]);
  const outcome = identifier.feed(Buffer.concat([hello, commands]));
  assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
  return outcome.value;
}

function flash(): Identified {
  const call = (name: string, transactionId: number, ...args: string[]) => {
    const object = name === 'connect' ? { tcUrl: TARGET.tcUrl } : null;
    const command = { name, transactionId, object, args };
    return encodeMessage(encodeCommand(command, { csid: 3, streamId: 1 }), 128);
  };
  const calls = [call('connect', 1), call('createStream', 2), call('publish', 3, 'cam', 'live')];
  return identified(Buffer.concat(calls));
}

function media(typeId: number, timestamp: number, head: readonly number[], size = 30): RtmpMessage {
  const rest = Buffer.alloc(Math.max(0, size - head.length), timestamp & 0xff);
  const payload = Buffer.concat([Buffer.from(head), rest]);
  return { csid: typeId === MessageType.video ? 6 : 4, typeId, timestamp, streamId: 1, payload };
}

const key = (time: number, size = 9000) => media(MessageType.video, time, [0x17, 1, 0, 0, 0], size);
const inter = (time: number, size = 700) =>
  media(MessageType.video, time, [0x27, 1, 0, 0, 0], size);
const sound = (time: number) => media(MessageType.audio, time, [0xaf, 1], 40);
const headers = (timestamp: number) =>
  [media(MessageType.video, 0, AVC_HEADER), media(MessageType.audio, 0, AAC_HEADER, 4)].map(
    (message) => ({ ...message, timestamp }),
  );

/** The messages that an encoder sends from one time to another, with a keyframe each second. */
function encoder(from: number, to: number): RtmpMessage[] {
  const messages: RtmpMessage[] = [];
  for (let time = from; time < to; time += 40) {
    messages.push(time % 1000 === 0 ? key(time) : inter(time), sound(time + 3));
  }
  return messages;
}

/** The messages of bytes as a server reads them. */
function read(...pieces: readonly Buffer[]): ReadMessage[] {
  const reader = new ChunkReader();
  for (const piece of pieces) reader.push(piece);
  const messages: ReadMessage[] = [];
  for (let next = reader.next(); next.kind !== 'incomplete'; next = reader.next()) {
    assert.ok(next.kind === 'value', JSON.stringify(next));
    messages.push(next.value);
  }
  return messages;
}

/** A message as text, without its chunk stream. */
function shown({ typeId, timestamp, streamId, payload }: RtmpMessage): string {
  const digest = createHash('sha1').update(payload).digest('hex');
  return [typeId, timestamp, streamId, payload.length, digest].join(' ');
}

/** The names of commands, and media from `publish` on, as a child gets them. */
function served(...bytes: readonly Buffer[]): { calls: string[]; media: RtmpMessage[] } {
  const messages = read(...bytes);
  const names = messages.map((message) => {
    const command = decodeCommand(message);
    return command.kind === 'value' ? command.value.name : null;
  });
  const calls = names.filter((name) => name !== null && !isMuted(name)) as string[];
  const rest = messages.slice(names.indexOf('publish') + 1);
  return { calls, media: rest.filter(({ typeId }) => typeId === 8 || typeId === 9) };
}

/** Feeds bytes in pieces of that size until it is cut; returns what was not fed. */
function feed(held: HeldPublish, bytes: Buffer, size: number): { state: string; rest: Buffer } {
  for (let at = 0; at < bytes.length; at += size) {
    const outcome = held.feed(Buffer.from(bytes.subarray(at, at + size)));
    assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
    if (outcome.value !== 'waits') {
      return { state: outcome.value, rest: bytes.subarray(at + size) };
    }
  }
  return { state: 'waits', rest: Buffer.alloc(0) };
}

function through(held: HeldPublish<Identified>): Identified {
  const outcome = held.letThrough();
  assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
  return outcome.value;
}

describe('a publisher that waits', () => {
  for (const client of PUBLISHERS) {
    it(`is let through to a child that can read it from there on, as ${client.name}`, () => {
      for (const size of [1, 7, 500, 100_000]) {
        const publisher = identified(client.build(TARGET));
        const writer = new CompressingWriter();
        const write = (messages: readonly RtmpMessage[]) =>
          Buffer.concat(messages.map((message) => writer.write(message, CHUNK)));
        const held = new HeldPublish(publisher);
        assert.deepEqual(held.begin().kind, 'value');
        const { chunkSize } = chunkSizeOf(publisher.recorded);
        held.feed(encodeMessage(setChunkSize(CHUNK), chunkSize));
        const before = [...headers(0), ...encoder(0, 2600)];
        assert.equal(feed(held, write(before), size).state, 'waits');
        assert.ok(held.isReady);
        const later = write(encoder(2600, 5000));
        // Its turn comes in the middle of a message.
        feed(held, later.subarray(0, 5), size);
        assert.equal(held.cut(), false);
        const { state, rest } = feed(held, later.subarray(5), size);
        assert.equal(state, 'cut');
        const { recorded, answered, createStream, pings } = through(held);
        assert.equal(pings, 0);
        assert.deepEqual([answered, createStream], [publisher.answered, publisher.createStream]);
        const { calls, media: got } = served(recorded, rest);
        assert.deepEqual(calls, served(publisher.recorded).calls);
        const wanted = [...headers(2000), ...encoder(2000, 5000)];
        assert.deepEqual(got.map(shown), wanted.map(shown));
        const record = new PublishRecord();
        assert.deepEqual(record.feed(Buffer.concat([recorded, rest])).kind, 'value');
      }
    });
  }

  it('is told that it publishes, and gets acknowledgements and pongs', () => {
    const held = new HeldPublish(flash());
    held.begin();
    const [, start, ...others] = read(...sized(held.takeReplies()));
    assert.equal(others.length, 0);
    assert.match(start?.payload.toString('latin1') ?? '', /NetStream\.Publish\.Start/);
    held.feed(encodeMessage(windowAckSize(10_000), 128));
    const ping = Buffer.from([0, 6, 0, 0, 0, 9]);
    const message = { csid: 2, typeId: MessageType.userControl, timestamp: 0, streamId: 0 };
    held.feed(encodeMessage({ ...message, payload: ping }, 128));
    held.feed(encodeMessage(key(0), 128));
    const types = read(...sized(held.takeReplies())).map(({ typeId }) => typeId);
    assert.ok(types.includes(MessageType.acknowledgement));
    assert.ok(types.includes(MessageType.userControl));
    assert.equal(held.takeReplies().length, 0);
  });

  it('can begin with a keyframe only, or where there is no video', () => {
    const held = new HeldPublish(flash());
    held.begin();
    const say = (...messages: RtmpMessage[]) =>
      held.feed(Buffer.concat(messages.map((message) => encodeMessage(message, 128))));
    assert.ok(!held.isReady);
    say(sound(0));
    assert.ok(held.isReady);
    say(...headers(3), inter(40));
    assert.ok(!held.isReady);
    say(key(80), inter(120), sound(121));
    assert.ok(held.isReady);
    // Another configuration: what came before cannot be decoded by it.
    say(media(MessageType.video, 160, [...AVC_HEADER, 1]));
    assert.ok(!held.isReady);
    say(key(200));
    assert.ok(held.cut());
    const { media: got } = served(through(held).recorded);
    assert.deepEqual(
      got.map(({ timestamp, payload: [first, second] }) => [timestamp, first, second]),
      [
        [200, 0x17, 0],
        [200, 0xaf, 0],
        [200, 0x17, 1],
      ],
    );
  });

  it('keeps no group that is too large, and not what it is told to end', () => {
    const held = new HeldPublish(flash());
    held.begin();
    held.feed(encodeMessage(setChunkSize(65_536), 128));
    const say = (message: RtmpMessage) => held.feed(encodeMessage(message, 65_536));
    say(key(0));
    for (let sum = 0; sum < MAX_GROUP_BYTES; sum += 1_000_000) say(inter(40, 1_000_000));
    assert.ok(!held.isReady);
    say(key(80));
    assert.ok(held.isReady);
    const command = { name: 'closeStream', transactionId: 0, object: null, args: [] };
    const outcome = say(encodeCommand(command, { csid: 3, streamId: 1 }));
    assert.deepEqual(outcome.kind === 'value' && outcome.value, 'ended');
  });

  it('is not repeated to a child where that would take too much', () => {
    const held = new HeldPublish(flash());
    held.begin();
    held.feed(encodeMessage(setChunkSize(65_536), 128));
    for (let csid = 4; csid < 24; csid += 1) {
      held.feed(encodeMessage({ ...inter(0, 1_000_000), csid }, 65_536));
    }
    assert.ok(held.cut());
    assert.equal(held.letThrough().kind, 'invalid');
  });
});

/** The size of chunks that a client uses after these bytes. */
function chunkSizeOf(bytes: Buffer): ChunkReader {
  const reader = new ChunkReader();
  reader.push(bytes);
  while (reader.next().kind === 'value');
  return reader;
}

/** Replies, behind what tells a reader the size of their chunks. */
function sized(replies: Buffer): Buffer[] {
  return [encodeMessage(setChunkSize(60_000), 128), replies];
}
