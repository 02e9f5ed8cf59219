import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Amf0Value } from '../../../src/protocol/rtmp/amf0.js';
import { ChunkReader } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { decodeCommand, encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { acknowledgement } from '../../../src/protocol/rtmp/control.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import { type Identified, RtmpIdentifier } from '../../../src/protocol/rtmp/identify.js';
import { PlayerWatch, type Renamed } from '../../../src/protocol/rtmp/player-watch.js';
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
function heard(watch: PlayerWatch, bytes: Buffer, size = bytes.length): 'pass' | 'lost' | Renamed {
  let last: ReturnType<PlayerWatch['hear']> = 'pass';
  for (let at = 0; at < bytes.length && last === 'pass'; at += size) {
    last = watch.hear(bytes.subarray(at, at + size));
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
        const watch = new PlayerWatch(player, identifier);
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
    const watch = new PlayerWatch(identified(PLAYER), identifier);
    assert.equal(heard(watch, call('closeStream', 0)), 'pass');
    assert.equal(heard(watch, call('createStream', 7)), 'pass');
    const flight = Buffer.concat([call('createStream', 8), call('play', 9, 'other')]);
    const { identified: next, replies } = renamed(heard(watch, flight));
    assert.deepEqual([...next.answered].sort(), [1, 2, 7, 8]);
    assert.deepEqual(commandsIn(replies), ['_result']);
  });

  it('may publish', () => {
    const watch = new PlayerWatch(identified(PLAYER), identifier);
    const flight = Buffer.concat([call('closeStream', 0), call('publish', 9, 'mine', 'live')]);
    const { identified: next } = renamed(heard(watch, flight));
    assert.deepEqual([next.role, next.url.stream], ['publish', 'mine']);
  });

  it('may go on for as long as it likes', () => {
    let player = identified(PLAYER);
    for (let count = 0; count < 300; count += 1) {
      const watch = new PlayerWatch(player, identifier);
      for (let acks = 0; acks < 20; acks += 1) assert.equal(watch.hear(ACK), 'pass');
      watch.hear(call('closeStream', 0));
      player = renamed(heard(watch, call('play', 0, `s${count}`))).identified;
      assert.equal(player.url.stream, `s${count}`);
      assert.ok(player.recorded.length < 2 * PLAYER.length, `${player.recorded.length} bytes`);
    }
    const watch = new PlayerWatch(player, identifier);
    for (let acks = 0; acks < 10_000; acks += 1) assert.equal(watch.hear(ACK), 'pass');
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
      const watch = new PlayerWatch(player, identifier);
      const said = compressed(call('closeStream', 0), call('play', 0, name));
      player = renamed(heard(watch, said)).identified;
      assert.equal(player.url.stream, name);
      assert.equal(commandsIn(player.recorded).at(-1), 'play');
    }
  });

  it('is lost once it says what SRS would close it for, or too much', () => {
    for (const bytes of [Buffer.alloc(70_000, 1), call('_result', 3)]) {
      const watch = new PlayerWatch(identified(PLAYER), identifier);
      assert.equal(watch.hear(bytes), 'lost');
    }
  });
});
