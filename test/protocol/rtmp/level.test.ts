import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkReader } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { pingResponse, setChunkSize, windowAckSize } from '../../../src/protocol/rtmp/control.js';
import { ChildLeveler } from '../../../src/protocol/rtmp/level.js';
import {
  MessageType,
  type RtmpMessage,
  SERVER_CHUNK_SIZE,
} from '../../../src/protocol/rtmp/message.js';
import { playStarted } from '../../../src/protocol/rtmp/play-start.js';
import { CompressingWriter } from '../../helpers/compressing-writer.js';

type Plan = ConstructorParameters<typeof ChildLeveler>[0];

const ANSWERED = {
  ...{ answered: new Set([1, 2, 3, 4]), createStream: 4 },
  ...{ pings: 0, chunkSize: SERVER_CHUNK_SIZE },
};

function result(transactionId: number): RtmpMessage {
  const command = { name: '_result', transactionId, object: null, args: [undefined] };
  return encodeCommand(command, { csid: 3, streamId: 0 });
}

function status(code: string): RtmpMessage {
  const command = { name: 'onStatus', transactionId: 0, object: null, args: [{ code }] };
  return encodeCommand(command, { csid: 5, streamId: 1 });
}

function media(csid: number, timestamp: number, size: number): RtmpMessage {
  const payload = Buffer.alloc(size, timestamp & 0xff);
  return { csid, timestamp, typeId: MessageType.video, streamId: 1, payload };
}

/** Messages that the client reads, from the child's bytes, `size` at a time. */
function throughLeveler(child: Buffer, size: number, plan: Plan = ANSWERED): RtmpMessage[] {
  const leveler = new ChildLeveler(plan);
  const client = new ChunkReader();
  client.push(encodeMessage(setChunkSize(SERVER_CHUNK_SIZE), 128));
  client.next();
  let level = false;
  for (let at = 0; at < child.length; at += size) {
    const piece = child.subarray(at, at + size);
    if (level) {
      client.push(piece);
      continue;
    }
    const outcome = leveler.feed(piece);
    assert.ok(outcome.kind === 'value', 'the child was readable');
    client.push(outcome.value.toClient);
    level = outcome.value.level;
  }
  const messages: RtmpMessage[] = [];
  for (let read = client.next(); read.kind !== 'incomplete'; read = client.next()) {
    assert.ok(read.kind === 'value', 'the client could read it');
    messages.push(read.value);
  }
  return messages;
}

function seen({ csid, timestamp, typeId, payload }: RtmpMessage) {
  return { csid, timestamp, typeId, payload: payload.toString('hex') };
}

const SIZES = [1, 7, 128, 1 << 20];

describe('levelling a child that starts every message with a full header', () => {
  const answers = [windowAckSize(2_500_000), setChunkSize(60_000), ...[1, 2, 3, 4].map(result)];
  const media1 = [status('NetStream.Publish.Start'), media(6, 0, 70_000), media(6, 40, 900)];

  function child(messages: readonly RtmpMessage[]): Buffer {
    let chunkSize = 128;
    return Buffer.concat(
      messages.map((message) => {
        const bytes = encodeMessage(message, chunkSize);
        if (message.typeId === MessageType.setChunkSize) chunkSize = message.payload.readUInt32BE();
        return bytes;
      }),
    );
  }

  for (const size of SIZES) {
    it(`drops the answers and passes the rest, read ${size} bytes at a time`, () => {
      const got = throughLeveler(child([...answers, ...media1]), size);
      assert.deepEqual(got.map(seen), media1.map(seen));
    });
  }

  it('is level right behind the createStream answer, whatever comes', () => {
    const outcome = new ChildLeveler(ANSWERED).feed(child(answers));
    assert.ok(outcome.kind === 'value' && outcome.value.level);
  });

  it('drops an answer that comes behind the one to createStream', () => {
    const order = [1, 4, 2, 3].map(result);
    const got = throughLeveler(child([...order, ...media1.slice(0, 1)]), 1 << 20);
    assert.deepEqual(got.map(seen), [setChunkSize(128), media1[0]!].map(seen));
  });

  it('goes on when the child never answers what it need not', () => {
    const got = throughLeveler(child([result(1), result(4), media1[0]!]), 1 << 20);
    assert.deepEqual(got.map(seen), [setChunkSize(128), media1[0]!].map(seen));
  });

  it('tells no chunk size that the client has been told', () => {
    const same = [setChunkSize(4096), ...[1, 2, 3, 4].map(result)];
    for (const [chunkSize, told] of [
      [4096, 0],
      [128, 16],
    ] as const) {
      const outcome = new ChildLeveler({ ...ANSWERED, chunkSize }).feed(child(same));
      assert.ok(outcome.kind === 'value' && outcome.value.level);
      assert.equal(outcome.value.toClient.length, told);
    }
  });

  for (const size of SIZES) {
    it(`drops as many answers to pings as were given, read ${size} bytes at a time`, () => {
      const order = [pingResponse(1), ...[1, 2, 3, 4].map(result), pingResponse(2)];
      const got = throughLeveler(child([...order, pingResponse(3)]), size, {
        ...ANSWERED,
        pings: 2,
      });
      assert.deepEqual(got.map(seen), [setChunkSize(128), pingResponse(3)].map(seen));
    });
  }

  it('hands a refusal on in the child’s own words', () => {
    const refusal = status('NetConnection.Connect.Rejected');
    const got = throughLeveler(child([result(1), refusal]), 1 << 20);
    assert.deepEqual(got.map(seen), [seen(refusal)]);
  });

  describe('of a player that was told already that it plays', () => {
    const answered = new Set([1, 2]);
    const plan = { ...ANSWERED, answered, createStream: 2, hasStarted: true } as const;
    const told = playStarted();
    const first = [result(1), result(2)];

    for (const size of SIZES) {
      it(`drops that, too, read ${size} bytes at a time`, () => {
        const got = throughLeveler(child([...first, ...told, media(6, 0, 700)]), size, plan);
        assert.deepEqual(got.map(seen), [setChunkSize(128), media(6, 0, 700)].map(seen));
      });
    }

    it('passes on what comes in its place', () => {
      const refusal = status('NetStream.Play.StreamNotFound');
      const got = throughLeveler(child([...first, ...told.slice(0, 1), refusal]), 1 << 20, plan);
      assert.deepEqual(got.map(seen), [setChunkSize(128), refusal].map(seen));
    });
  });

  it('calls what is no RTMP invalid', () => {
    const leveler = new ChildLeveler(ANSWERED);
    assert.equal(leveler.feed(encodeMessage(setChunkSize(0), 128)).kind, 'invalid');
  });
});

describe('levelling a child that compresses headers', () => {
  const answers = [windowAckSize(2_500_000), ...[1, 2, 3, 4].map(result)];
  const rest = [
    result(9),
    status('NetStream.Play.Start'),
    windowAckSize(1000),
    media(6, 0, 300),
    media(6, 40, 200),
    windowAckSize(2000),
    media(6, 80, 200),
    media(6, 120, 200),
    result(10),
    result(11),
    result(12),
    windowAckSize(3000),
    media(6, 160, 500),
  ];

  for (const size of SIZES) {
    it(`rewrites until the headers agree, read ${size} bytes at a time`, () => {
      const writer = new CompressingWriter();
      const child = Buffer.concat(
        [...answers, ...rest].map((message) => writer.write(message, 128)),
      );
      const got = throughLeveler(child, size);
      assert.deepEqual(got.map(seen), [setChunkSize(128), ...rest].map(seen));
    });
  }
});
