import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Amf0Value } from '../../../src/protocol/rtmp/amf0.js';
import { ChunkReader, type ReadMessage } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { decodeCommand, encodeCommand } from '../../../src/protocol/rtmp/command.js';
import {
  acknowledgement,
  setChunkSize,
  windowAckSize,
} from '../../../src/protocol/rtmp/control.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import { type Identified, RtmpIdentifier } from '../../../src/protocol/rtmp/identify.js';
import { MessageType, type RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { isMuted } from '../../../src/protocol/rtmp/play-record.js';
import {
  type HeardBytes,
  type Renamed,
  StreamWatch,
} from '../../../src/protocol/rtmp/stream-watch.js';
import { CompressingWriter } from '../../helpers/compressing-writer.js';
import { CLIENTS } from '../../helpers/rtmp-bytes.js';

const RANDOM = Buffer.alloc(HANDSHAKE_SIZE, 0x5a);
const SERVER = { signature: 'SRS', version: '1', ip: '192.0.2.1', pid: 7, id: 'abc' };
const TARGET = { tcUrl: 'rtmp://127.0.0.1/live', app: 'live', stream: 'cam' };
const ACK = encodeMessage(acknowledgement(1), 128);

function identifier(): RtmpIdentifier {
  return new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
}

function identified(commands: Buffer): Identified {
  const hello = Buffer.concat([buildC0C1(0, RANDOM), RANDOM]);
  const outcome = identifier().feed(Buffer.concat([hello, commands]));
  assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
  return outcome.value;
}

function call(name: string, transactionId: number, ...args: Amf0Value[]): Buffer {
  const command = { name, transactionId, object: null, args };
  return encodeMessage(encodeCommand(command, { csid: 3, streamId: 1 }), 128);
}

const PLAYER = Buffer.concat([
  encodeMessage(
    encodeCommand(
      { name: 'connect', transactionId: 1, object: { tcUrl: TARGET.tcUrl }, args: [] },
      { csid: 3, streamId: 0 },
    ),
    128,
  ),
  call('createStream', 2),
  call('play', 3, 'cam'),
]);

/** Hears the bytes in pieces of that size; returns what came of the last one that was heard. */
function heard(watch: StreamWatch, bytes: Buffer, size = bytes.length): 'pass' | 'lost' | Renamed {
  let last: HeardBytes['outcome'] = 'pass';
  for (let at = 0; at < bytes.length && last === 'pass'; at += size) {
    // What was heard may change afterwards.
    const piece = Buffer.from(bytes.subarray(at, at + size));
    last = watch.hear(piece).outcome;
    piece.fill(0xee);
  }
  return last;
}

function renamed(outcome: 'pass' | 'lost' | Renamed): Renamed {
  assert.ok(typeof outcome === 'object', String(outcome));
  return outcome;
}

/** Names of the commands in a record, as a child reads them. */
function commandsIn(record: Buffer): string[] {
  const reader = new ChunkReader();
  reader.push(record);
  const names: string[] = [];
  for (let read = reader.next(); read.kind === 'value'; read = reader.next()) {
    const command = decodeCommand(read.value);
    if (command.kind === 'value') names.push(command.value.name);
  }
  return names;
}

describe('a player that is watched', () => {
  for (const client of CLIENTS.filter(({ role }) => role === 'play')) {
    it(`closes its stream and plays another one, when ${client.name}`, () => {
      const player = identified(client.build(TARGET));
      const again = Buffer.concat([call('closeStream', 0), ACK, call('play', 0, 'other')]);
      for (const size of [1, 5, 128, again.length]) {
        const watch = new StreamWatch(player, identifier);
        assert.ok(watch.isReady);
        const { identified: next } = renamed(heard(watch, again, size));
        assert.deepEqual([next.role, next.url.stream, next.url.app], ['play', 'other', 'live']);
        const commands = commandsIn(next.recorded);
        assert.equal(commands.filter((name) => name === 'play').length, 1);
        assert.equal(commands.at(-1), 'play');
        assert.ok(!commands.includes('closeStream'));
        assert.ok(next.answered.has(next.createStream));
      }
    });
  }

  it('is answered what its child has not read whole', () => {
    const watch = new StreamWatch(identified(PLAYER), identifier);
    assert.equal(heard(watch, call('closeStream', 0)), 'pass');
    assert.equal(heard(watch, call('createStream', 7)), 'pass');
    const flight = Buffer.concat([call('createStream', 8), call('play', 9, 'other')]);
    const { identified: next, replies } = renamed(heard(watch, flight));
    assert.deepEqual([...next.answered].sort(), [1, 7, 8]);
    assert.deepEqual(commandsIn(replies), ['_result']);
  });

  it('may publish', () => {
    const watch = new StreamWatch(identified(PLAYER), identifier);
    const flight = Buffer.concat([call('closeStream', 0), call('publish', 9, 'mine', 'live')]);
    const { identified: next } = renamed(heard(watch, flight));
    assert.deepEqual([next.role, next.url.stream], ['publish', 'mine']);
  });

  it('may go on for as long as it likes', () => {
    let player = identified(PLAYER);
    for (let count = 0; count < 300; count += 1) {
      const watch = new StreamWatch(player, identifier);
      for (let acks = 0; acks < 20; acks += 1) assert.equal(heard(watch, ACK), 'pass');
      heard(watch, call('closeStream', 0));
      player = renamed(heard(watch, call('play', 0, `s${count}`))).identified;
      assert.equal(player.url.stream, `s${count}`);
      assert.ok(player.recorded.length < 2 * PLAYER.length, `${player.recorded.length} bytes`);
    }
    const watch = new StreamWatch(player, identifier);
    for (let acks = 0; acks < 10_000; acks += 1) assert.equal(heard(watch, ACK), 'pass');
  });

  it('keeps chunk headers that refer to earlier ones', () => {
    const writer = new CompressingWriter();
    const compressed = (...calls: Buffer[]) =>
      Buffer.concat(
        calls.flatMap((bytes) => {
          const reader = new ChunkReader();
          reader.push(bytes);
          const read = reader.next();
          return read.kind === 'value' ? [writer.write(read.value, 128)] : [];
        }),
      );
    let player = identified(
      Buffer.concat([
        PLAYER.subarray(0, PLAYER.length - call('play', 3, 'cam').length),
        compressed(call('play', 3, 'cam')),
      ]),
    );
    for (const name of ['one', 'two', 'six']) {
      const watch = new StreamWatch(player, identifier);
      const said = compressed(call('closeStream', 0), call('play', 0, name));
      player = renamed(heard(watch, said)).identified;
      assert.equal(player.url.stream, name);
      assert.equal(commandsIn(player.recorded).at(-1), 'play');
    }
  });

  it('is lost once it says what SRS would close it for, or too much', () => {
    for (const bytes of [Buffer.alloc(70_000, 1), call('_result', 3)]) {
      const watch = new StreamWatch(identified(PLAYER), identifier);
      assert.equal(heard(watch, bytes), 'lost');
    }
  });
});

const MEDIA = { csid: 4, streamId: 1, timestamp: 0 };

function video(timestamp: number, size: number): RtmpMessage {
  const payload = Buffer.alloc(size, timestamp);
  return { ...MEDIA, csid: 6, typeId: MessageType.video, timestamp, payload };
}

function audio(timestamp: number, size = 40): RtmpMessage {
  return { ...MEDIA, typeId: MessageType.audio, timestamp, payload: Buffer.alloc(size, 7) };
}

/** Frames of two seconds, as an encoder sends them. */
function frames(writer: CompressingWriter, chunkSize: number): Buffer {
  const messages: Buffer[] = [];
  for (let time = 0; time < 2000; time += 40) {
    messages.push(writer.write(video(time, time === 0 ? 30_000 : 900), chunkSize));
    messages.push(writer.write(audio(time + 3), chunkSize));
  }
  return Buffer.concat(messages);
}

/** The messages of a record and the bytes behind it, as a child reads them. */
function read(...pieces: Buffer[]): ReadMessage[] {
  const reader = new ChunkReader();
  for (const piece of pieces) reader.push(piece);
  const messages: ReadMessage[] = [];
  for (let next = reader.next(); next.kind !== 'incomplete'; next = reader.next()) {
    assert.ok(next.kind === 'value', JSON.stringify(next));
    messages.push(next.value);
  }
  return messages;
}

const FLASH = Buffer.concat([
  PLAYER.subarray(0, PLAYER.length - call('play', 3, 'cam').length),
  call('publish', 3, 'cam', 'live'),
]);

describe('a publisher that is watched', () => {
  for (const client of CLIENTS.filter(({ role }) => role === 'publish')) {
    it(`ends its stream and plays another one, when ${client.name}`, () => {
      const publisher = identified(client.build(TARGET));
      const { chunkSize } = readSizes(publisher.recorded);
      const isFmle = client.commands.some((name) => /^(releaseStream|FCPublish)$/.test(name));
      const end = call(isFmle ? 'FCUnpublish' : 'closeStream', 0, 'cam');
      const sized = (bytes: Buffer) => {
        const [message] = read(bytes);
        assert.ok(message);
        return encodeMessage(message, chunkSize);
      };
      const said = Buffer.concat([
        frames(new CompressingWriter(), chunkSize),
        ...[end, call('createStream', 7), call('play', 8, 'other')].map(sized),
      ]);
      for (const size of [1, 127, 4096, said.length]) {
        const watch = new StreamWatch(publisher, identifier);
        assert.ok(watch.isReady);
        const { identified: next } = renamed(heard(watch, said, size));
        assert.deepEqual([next.role, next.url.stream, next.url.app], ['play', 'other', 'live']);
        assert.ok(next.recorded.length < 8000, `${next.recorded.length} bytes`);
        const commands = commandsIn(next.recorded).filter((name) => !isMuted(name));
        assert.deepEqual(commands, ['connect', 'createStream', 'play']);
      }
    });
  }

  it('leaves the next child in its own state, whatever it publishes then', () => {
    for (const chunkSize of [128, 4096]) {
      const writer = new CompressingWriter();
      const publisher = identified(FLASH);
      const sizes = chunkSize === 128 ? [] : [encodeMessage(setChunkSize(chunkSize), 128)];
      const media = frames(writer, chunkSize);
      const words = [call('closeStream', 0), call('publish', 9, 'two', 'live')].map((bytes) =>
        writer.write(read(bytes)[0] as ReadMessage, chunkSize),
      );
      const watch = new StreamWatch(publisher, identifier);
      const said = Buffer.concat([...sizes, media, ...words]);
      const { identified: next } = renamed(heard(watch, said, 1000));
      assert.deepEqual([next.role, next.url.stream], ['publish', 'two']);
      const more = [audio(2003), video(2000, 900), audio(2043), video(2040, 900)];
      const later = more.map((message) => writer.write(message, chunkSize));
      const got = read(next.recorded, ...later).slice(-more.length);
      assert.deepEqual(
        got.map(({ typeId, payload, timestamp }) => [typeId, payload.length, timestamp]),
        more.map(({ typeId, payload, timestamp }) => [typeId, payload.length, timestamp]),
      );
    }
  });

  it('needs its old message stream where it makes no new one', () => {
    const watch = new StreamWatch(identified(FLASH), identifier);
    const { identified: next } = renamed(
      heard(watch, Buffer.concat([call('closeStream', 0), call('play', 9, 'other')])),
    );
    assert.deepEqual(
      commandsIn(next.recorded).filter((name) => !isMuted(name)),
      ['connect', 'createStream', 'play'],
    );
    assert.ok(next.answered.has(next.createStream));
  });

  it('tells its next child the window that it has asked for', () => {
    const watch = new StreamWatch(identified(FLASH), identifier);
    const said = [encodeMessage(windowAckSize(77_777), 128), call('closeStream', 0)];
    const { identified: next } = renamed(
      heard(watch, Buffer.concat([...said, call('play', 9, 'other')])),
    );
    const windows = read(next.recorded).filter(({ typeId }) => typeId === 5);
    assert.ok(windows.length > 0);
    for (const { payload } of windows) assert.equal(payload.readUInt32BE(0), 77_777);
  });

  it('goes on while it says what SRS does not end its stream for', () => {
    const client = CLIENTS.find(
      ({ role, commands }) => role === 'publish' && commands.includes('FCPublish'),
    );
    const watch = new StreamWatch(identified(client!.build(TARGET)), identifier);
    for (const name of ['deleteStream', 'closeStream', 'createStream', 'play', '_checkbw']) {
      assert.equal(heard(watch, call(name, 9, 'other')), 'pass', name);
    }
  });

  it('is lost where a message of its is cut by the end of its stream', () => {
    const cut = encodeMessage(video(0, 1000), 128).subarray(0, 140);
    const watch = new StreamWatch(identified(FLASH), identifier);
    assert.equal(
      heard(watch, Buffer.concat([cut.subarray(0, 140), call('closeStream', 0)])),
      'lost',
    );
  });
});

/** The chunk size that a client has set in these bytes. */
function readSizes(bytes: Buffer): { chunkSize: number } {
  const reader = new ChunkReader();
  reader.push(bytes);
  while (reader.next().kind === 'value');
  return { chunkSize: reader.chunkSize };
}
