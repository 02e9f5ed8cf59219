import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeFeedReader, makeViewerHearer } from '../../../src/listener/rtmp/feed.js';
import type { ClosedViewer } from '../../../src/listener/rtmp/play-hearer.js';
import { ChunkReader } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeLater, encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../../src/protocol/rtmp/command.js';
import {
  acknowledgement,
  pingResponse,
  setChunkSize,
  streamBegin,
  windowAckSize,
} from '../../../src/protocol/rtmp/control.js';
import { SERVER_HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { playCommands } from '../../../src/protocol/rtmp/play.js';
import { callAnswer, pauseAnswer, playStarted } from '../../../src/protocol/rtmp/play-start.js';
import type { Piece } from '../../../src/relay/fanout.js';
import { fuzz } from '../../helpers/fuzz.js';

const CHUNK = 200;
const TYPES = { audio: 8, video: 9, script: 18 } as const;

function media(type: keyof typeof TYPES, timestamp: number, head: number[], size = 0): RtmpMessage {
  const payload = Buffer.concat([Buffer.from(head), Buffer.alloc(size, 7)]);
  return { csid: type === 'audio' ? 6 : 7, timestamp, typeId: TYPES[type], streamId: 1, payload };
}

const METADATA: RtmpMessage = {
  ...media('script', 0, []),
  payload: Buffer.from('\x02\x00\x0aonMetaData\x05', 'latin1'),
};
const HEADERS = [METADATA, media('audio', 0, [0xaf, 0, 1]), media('video', 0, [0x17, 0, 1])];
const keyframe = (time: number) => media('video', time, [0x17, 1], 1000);
const interFrame = (time: number) => media('video', time, [0x27, 1], 300);
const audioFrame = (time: number) => media('audio', time, [0xaf, 1], 50);
const FRAMES = [keyframe(5000), audioFrame(5010), interFrame(5040), keyframe(6000)];

/** Bytes of a child that serves a player of ours. */
function fromChild(frames: readonly RtmpMessage[]): Buffer {
  const greeting = [windowAckSize(2_500_000), callAnswer(1), setChunkSize(500)];
  const before = greeting.map((message) => encodeMessage(message, 128));
  const messages = [streamBegin(1), ...playStarted(), callAnswer(4), ...HEADERS, ...frames];
  const behind = messages.map((message) => encodeMessage(message, 500));
  return Buffer.concat([Buffer.alloc(SERVER_HANDSHAKE_SIZE), ...before, ...behind]);
}

function parsed(bytes: Buffer): string[] {
  const reader = new ChunkReader();
  reader.push(encodeMessage(setChunkSize(CHUNK), 128));
  reader.push(bytes);
  const texts: string[] = [];
  let next = reader.next();
  for (next = reader.next(); next.kind === 'value'; next = reader.next()) {
    assert.equal(next.value.fmt, 0);
    texts.push(textOf(next.value));
  }
  assert.equal(next.kind, 'incomplete');
  assert.equal(reader.partialStart(), null);
  return texts;
}

function textOf({ typeId, csid, timestamp, payload, streamId }: RtmpMessage): string {
  return `${typeId} ${csid} ${streamId} ${timestamp} ${payload.toString('hex')}`;
}

function readAll(bytes: Buffer, size: number): Piece[] {
  const reader = makeFeedReader({ chunkSize: CHUNK });
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    pieces.push(...reader.read(bytes.subarray(at, at + size)));
  }
  return pieces;
}

test('viewers get media alone, however it is cut, in whole messages of their chunk size', () => {
  const bytes = fromChild(FRAMES);
  for (const size of [1, 7, 333, 5000, bytes.length]) {
    const pieces = readAll(bytes, size);
    assert.deepEqual(
      pieces.flatMap((piece) => parsed(piece.bytes)),
      [...HEADERS, ...FRAMES].map(textOf),
    );
  }
});

test('a viewer may begin at a keyframe, with the headers of the stream and their times', () => {
  const places = readAll(fromChild(FRAMES), 100_000).filter(({ opening }) => opening !== null);
  assert.deepEqual(
    places.map((piece) => parsed(piece.bytes)),
    [FRAMES.slice(0, 3).map(textOf), FRAMES.slice(3).map(textOf)],
  );
  const [, last] = places;
  const [metadata, audio, video] = HEADERS;
  const expected = [metadata!, { ...audio!, timestamp: 6000 }, { ...video!, timestamp: 6000 }];
  assert.deepEqual(parsed(last!.opening!.first), expected.map(textOf));
  assert.deepEqual(last!.opening!.again, last!.opening!.first);
});

test('messages with short headers are sent with full ones', () => {
  const later = { ...audioFrame(5033), timestamp: 23 };
  const bytes = Buffer.concat([fromChild(FRAMES), encodeLater(later, 500)]);
  const pieces = readAll(bytes, bytes.length);
  assert.equal(parsed(pieces.at(-1)!.bytes).at(-1), textOf(audioFrame(5033)));
});

fuzz('a child that plays to a feed', [fromChild(FRAMES)], (bytes) => {
  try {
    for (const piece of readAll(bytes, 997)) parsed(piece.bytes);
  } catch (error) {
    // The feed ends. What it gave before was whole.
    assert.ok(!(error instanceof assert.AssertionError), String(error));
  }
});

const SAID = playCommands('rtmp://a/live', 'live', 'cam');

function told(hearer: ReturnType<typeof makeViewerHearer>, ...messages: Buffer[]) {
  return hearer.hear(Buffer.concat(messages));
}

function command(name: string, transactionId: number, ...args: unknown[]): Buffer {
  return encodeMessage(
    encodeCommand(
      { name, transactionId, object: null, args: args as never[] },
      { csid: 8, streamId: 1 },
    ),
    128,
  );
}

test('a viewer is answered as by SRS: pings, calls, pauses', () => {
  const hearer = makeViewerHearer({ recorded: SAID, chunkSize: CHUNK });
  const ping = encodeMessage(
    { ...pingResponse(77), payload: Buffer.from('00060000004d', 'hex') },
    128,
  );
  const pong = told(hearer, ping);
  assert.deepEqual(parsed(pong.answer), [textOf(pingResponse(77))]);
  assert.equal(pong.state, 'plays');
  assert.deepEqual(parsed(told(hearer, command('foo', 9)).answer), [textOf(callAnswer(9))]);
  const paused = told(hearer, command('pause', 0, true, 1));
  assert.equal(paused.state, 'pauses');
  assert.deepEqual(parsed(paused.answer), pauseAnswer(true).map(textOf));
  assert.equal(told(hearer, command('foo', 0)).state, 'pauses');
  assert.equal(told(hearer, command('pause', 0, false, 1)).state, 'plays');
});

test('a viewer may talk for days, and close its stream then', () => {
  const hearer = makeViewerHearer({ recorded: SAID, chunkSize: CHUNK });
  const ack = encodeMessage(acknowledgement(1), 128);
  const buffer = encodeMessage(
    { ...streamBegin(1), payload: Buffer.from('00030000000100000bb8', 'hex') },
    128,
  );
  for (let said = 0; said < 300_000; said += 1000) {
    const { state } = told(hearer, ...Array.from({ length: 20 }, () => [ack, buffer]).flat());
    assert.equal(state, 'plays');
  }
  const closed = told(hearer, command('closeStream', 0), command('play', 0, 'other'));
  assert.equal(closed.state, 'leaves');
  const { heard, rest } = closed.about as ClosedViewer;
  assert.deepEqual(rest, command('play', 0, 'other'));
  assert.ok(heard.length < 64 * 1024);
});

test('a viewer that says what SRS does not take is closed', () => {
  const hearer = makeViewerHearer({ recorded: SAID, chunkSize: CHUNK });
  assert.throws(() => told(hearer, command('_result', 1)), /nobody asked for/);
});
