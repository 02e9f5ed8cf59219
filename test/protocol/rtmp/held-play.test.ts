import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Amf0Value } from '../../../src/protocol/rtmp/amf0.js';
import { ChunkReader, type ReadMessage } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { decodeCommand, encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { acknowledgement, setChunkSize } from '../../../src/protocol/rtmp/control.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import { HeldPlay } from '../../../src/protocol/rtmp/held-play.js';
import { type Identified, RtmpIdentifier } from '../../../src/protocol/rtmp/identify.js';
import { MessageType } from '../../../src/protocol/rtmp/message.js';
import { playStepOf } from '../../../src/protocol/rtmp/play-start.js';
import { CLIENTS } from '../../helpers/rtmp-bytes.js';
import { NO_SRS, Srs } from '../../helpers/srs.js';
import { until } from '../../helpers/until.js';

const RANDOM = Buffer.alloc(HANDSHAKE_SIZE, 0x5a);
const HELLO = Buffer.concat([buildC0C1(0, RANDOM), RANDOM]);
const ANSWER_SIZE = 1 + 2 * HANDSHAKE_SIZE;
const TARGET = { tcUrl: 'rtmp://127.0.0.1/live', app: 'live', stream: 'cam?token=1' };
const PLAYERS = CLIENTS.filter(({ role }) => role === 'play');
const SERVER = {
  signature: 'SRS/1.2.3(Hang)',
  version: '1.2.3',
  ip: '192.0.2.1',
  pid: 7,
  id: 'abc',
};

function identifier(): RtmpIdentifier {
  return new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
}

function identified(commands: Buffer): Identified {
  const outcome = identifier().feed(Buffer.concat([HELLO, commands]));
  assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
  return outcome.value;
}

function call(name: string, transactionId: number, ...values: Amf0Value[]): Buffer {
  const [object = null, ...args] = values;
  const command = { name, transactionId, object, args };
  return encodeMessage(encodeCommand(command, { csid: 3, streamId: 1 }), 128);
}

function messagesIn(bytes: Buffer, chunkSize = 128): ReadMessage[] {
  const reader = new ChunkReader();
  if (chunkSize !== 128) {
    reader.push(encodeMessage(setChunkSize(chunkSize), 128));
    reader.next();
  }
  reader.push(bytes);
  const messages: ReadMessage[] = [];
  for (let next = reader.next(); next.kind === 'value'; next = reader.next()) {
    messages.push(next.value);
  }
  return messages;
}

/** `play 3`, `5` for a window size, … */
function summary(message: ReadMessage): string {
  const command = decodeCommand(message);
  if (command.kind !== 'value') return `${message.typeId}`;
  return `${command.value.name} ${command.value.transactionId}`;
}

const CONNECT = call('connect', 1, { app: 'live', tcUrl: TARGET.tcUrl });
const PLAY = Buffer.concat([CONNECT, call('createStream', 2), call('play', 3, null, 'cam')]);

/** Commands of waiting players, and SRS's answers. */
const TALK = [
  call('pause', 7, null, true, 0),
  call('getStreamLength', 8, null, 'cam'),
  call('onewayCall', 0, null),
  call('pause', 9, null, false, 0),
  call('seek', 10, null, 5000),
  call('deleteStream', 11, null, 1),
  call('createStream', 12, null),
  call('play', 13, null, 'other'),
  call('FCPublish', 14, null, 'other'),
  encodeMessage(acknowledgement(5000), 128),
];

function held(client = identified(PLAY)): HeldPlay {
  const play = new HeldPlay(client);
  assert.equal(play.begin().kind, 'value');
  return play;
}

describe('a player that waits', () => {
  it('is told that it plays, and has its pauses and calls answered', () => {
    const play = held();
    assert.deepEqual(messagesIn(play.takeReplies(), 60_000).map(playStepOf), [
      'begin',
      'reset',
      'start',
      'access',
    ]);
    const states = TALK.map((bytes) => {
      const outcome = play.feed(bytes);
      return outcome.kind === 'value' ? outcome.value : outcome.kind;
    });
    assert.deepEqual(states.slice(0, 4), ['paused', 'paused', 'paused', 'playing']);
    assert.deepEqual(messagesIn(play.takeReplies(), 60_000).map(summary), [
      'onStatus 0',
      '4',
      '_result 8',
      'onStatus 0',
      '4',
      '_result 10',
      '_result 11',
    ]);
    assert.equal(play.takeReplies().length, 0);
  });

  for (const client of PLAYERS) {
    it(`leaves its child every byte, and nothing to answer: ${client.name}`, () => {
      const said = client.build(TARGET);
      const play = held(identified(said));
      for (const bytes of TALK) play.feed(bytes);
      const { recorded, hasStarted } = play.letThrough();
      assert.equal(hasStarted, true);
      assert.deepEqual(recorded.subarray(0, said.length), said);
      const whole = Buffer.concat([said, ...TALK]);
      assert.equal(recorded.length, whole.length);
      const before = messagesIn(whole);
      const now = messagesIn(recorded);
      assert.equal(now.length, before.length);
      const talk = now.slice(-TALK.length, -1);
      for (const message of talk) assert.match(summary(message), /~ 0$/);
      for (const [index, { csid, typeId, streamId, payload, timestamp }] of now.entries()) {
        const was = before[index];
        assert.ok(was);
        assert.deepEqual(
          [csid, typeId, streamId, payload.length, timestamp],
          [was.csid, was.typeId, was.streamId, was.payload.length, was.timestamp],
        );
      }
    });
  }

  it('byte by byte is all at once', () => {
    const whole = Buffer.concat(TALK);
    const [all, piecewise] = [held(), held()];
    all.feed(whole);
    for (const byte of whole) piecewise.feed(Buffer.of(byte));
    assert.deepEqual(piecewise.letThrough(), all.letThrough());
    assert.deepEqual(piecewise.takeReplies(), all.takeReplies());
  });

  it('may have said something in one flight with play', () => {
    const play = held(identified(Buffer.concat([PLAY, ...TALK])));
    const later = held();
    for (const bytes of TALK) later.feed(bytes);
    assert.deepEqual(play.letThrough().recorded, later.letThrough().recorded);
  });

  it('may close its stream, and name another one', () => {
    const play = held();
    const again = Buffer.concat([call('createStream', 5), call('play', 6, null, 'other')]);
    const outcome = play.feed(Buffer.concat([call('closeStream', 4), again]));
    assert.ok(outcome.kind === 'value' && outcome.value === 'closed');
    const { heard, rest } = play.closed();
    assert.deepEqual(rest, again);
    const next = identifier();
    assert.equal(next.resume(heard).kind, 'incomplete');
    const named = next.feed(rest);
    assert.ok(named.kind === 'value', JSON.stringify(named));
    assert.deepEqual(messagesIn(next.takeReplies(), 60_000).map(summary), ['_result 5']);
    assert.equal(named.value.url.stream, 'other');
    assert.equal(named.value.hasStarted, undefined);
    assert.deepEqual(messagesIn(named.value.recorded).map(summary), [
      'connect 1',
      'createStream 2',
      'pla~ 0',
      'closeStrea~ 0',
      'createStream 5',
      'play 6',
    ]);
  });

  it('leaves its child one stream to create, however often it closed another', () => {
    let client = identified(PLAY);
    for (let round = 0; round < 5; round += 1) {
      const play = held(client);
      play.feed(call('closeStream', 9));
      const next = identifier();
      next.resume(play.closed().heard);
      const flight = [call('createStream', 10 + round), call('play', 3, null, `cam${round}`)];
      const named = next.feed(Buffer.concat(flight));
      assert.ok(named.kind === 'value');
      client = named.value;
    }
    const commands = messagesIn(client.recorded).map(summary);
    assert.equal(commands.filter((text) => text.startsWith('createStream ')).length, 2);
    assert.deepEqual(commands.slice(-2), ['createStream 14', 'play 3']);
    assert.equal(client.createStream, 14);
  });

  it('must go that says too much, or what cannot be read', () => {
    const bad: readonly Buffer[] = [
      encodeMessage(setChunkSize(0), 128),
      encodeMessage(
        { csid: 3, timestamp: 0, typeId: 20, streamId: 0, payload: Buffer.of(9, 9) },
        128,
      ),
      call('_result', 3, null),
      // Its name goes on in a second chunk, so that it cannot be muted.
      call('x'.repeat(200), 4, null),
      Buffer.alloc(64 * 1024),
    ];
    for (const bytes of bad) assert.equal(held().feed(bytes).kind, 'invalid');
    const play = held();
    const pause = call('pause', 0, null, true, 0);
    let outcome = play.feed(pause);
    for (let count = 0; count < 10_000 && outcome.kind === 'value'; count += 1) {
      outcome = play.feed(pause);
    }
    assert.equal(outcome.kind, 'invalid');
    assert.ok(play.size <= 64 * 1024);
  });

  it('may acknowledge for as long as it likes', () => {
    const play = held();
    const ack = encodeMessage(acknowledgement(1), 128);
    play.feed(ack);
    const { size } = play;
    for (let count = 0; count < 10_000; count += 1) assert.equal(play.feed(ack).kind, 'value');
    assert.equal(play.size, size);
  });
});

describe('what SRS tells a player that waits', { skip: NO_SRS }, () => {
  let srs: Srs;
  before(async () => {
    srs = await Srs.start();
  });
  after(() => srs?.close());

  it('is what we tell it, to the byte', async () => {
    const socket = connect({ port: srs.rtmp, host: '127.0.0.1' });
    socket.on('error', () => {});
    await once(socket, 'connect');
    let heard = Buffer.alloc(0);
    socket.on('data', (more: Buffer) => {
      heard = Buffer.concat([heard, more]);
    });
    socket.write(Buffer.concat([HELLO, PLAY]));
    const answers = () => messagesIn(heard.subarray(ANSWER_SIZE));
    const start = await until('SRS says Play.Start', () =>
      answers().find((message) => playStepOf(message) === 'begin'),
    );
    await until('SRS waits', () => answers().some((one) => playStepOf(one) === 'access'));
    socket.write(Buffer.concat(TALK));
    await until('all is answered', () => answers().map(summary).includes('_result 11'));
    socket.destroy();
    const play = held();
    for (const bytes of TALK) play.feed(bytes);
    assert.deepEqual(heard.subarray(ANSWER_SIZE + start.start), play.takeReplies());
    assert.ok(start.typeId === MessageType.userControl);
  });
});
