import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Amf0Value } from '../../../src/protocol/rtmp/amf0.js';
import { ChunkReader } from '../../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { decodeCommand, encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { acknowledgement, setChunkSize } from '../../../src/protocol/rtmp/control.js';
import { detectSchema, SERVER_KEY } from '../../../src/protocol/rtmp/digest.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import { type Identified, RtmpIdentifier, refusal } from '../../../src/protocol/rtmp/identify.js';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.js';
import { buildComplexC1, CLIENTS, type ClientBytes } from '../../helpers/rtmp-bytes.js';
import { NO_SRS, Srs } from '../../helpers/srs.js';
import { until } from '../../helpers/until.js';

const RANDOM = Buffer.alloc(HANDSHAKE_SIZE, 0x5a);
const SERVER = {
  signature: 'SRS/1.2.3(Hang)',
  version: '1.2.3',
  ip: '192.0.2.1',
  pid: 7,
  id: 'abc',
};
const ANSWER_SIZE = 1 + 2 * HANDSHAKE_SIZE;
const C2 = Buffer.alloc(HANDSHAKE_SIZE, 2);
const TARGET = { tcUrl: 'rtmp://127.0.0.1/live', app: 'live', stream: 'cam?token=1' };
const SIMPLE = buildC0C1(0, RANDOM);

/** Feeds a client's bytes, `size` at a time. */
function identify(bytes: Buffer, size = bytes.length) {
  const identifier = new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
  const replies: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const outcome = identifier.feed(bytes.subarray(at, at + size));
    replies.push(identifier.takeReplies());
    if (outcome.kind !== 'incomplete') return { outcome, replies: Buffer.concat(replies) };
  }
  return { outcome: { kind: 'incomplete' } as const, replies: Buffer.concat(replies) };
}

function identified(bytes: Buffer, size?: number): { client: Identified; replies: Buffer } {
  const { outcome, replies } = identify(bytes, size);
  assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
  return { client: outcome.value, replies };
}

function reasonAgainst(...commands: readonly Buffer[]): string {
  const { outcome } = identify(Buffer.concat([SIMPLE, C2, ...commands]));
  assert.ok(outcome.kind === 'invalid', outcome.kind);
  return outcome.reason;
}

function call(name: string, transactionId: number, ...args: Amf0Value[]): Buffer {
  const [object = null, ...rest] = args;
  const command = { name, transactionId, object, args: rest };
  return encodeMessage(encodeCommand(command, { csid: 3, streamId: 0 }), 128);
}

/** A PingRequest (RTMP 1.0 §7.1.7). */
function ping(time: number): Buffer {
  const payload = Buffer.from(`0006${time.toString(16).padStart(8, '0')}`, 'hex');
  return encodeMessage({ csid: 2, timestamp: 0, typeId: 4, streamId: 0, payload }, 128);
}

const CONNECT = call('connect', 1, { tcUrl: TARGET.tcUrl });
const PUBLISH = call('publish', 5, null, 'cam');

function messagesIn(bytes: Buffer): RtmpMessage[] {
  const reader = new ChunkReader();
  reader.push(bytes);
  const messages: RtmpMessage[] = [];
  for (let next = reader.next(); next.kind === 'value'; next = reader.next()) {
    messages.push(next.value);
  }
  return messages;
}

/** `_result 4`, `onStatus 0`, `5` for a window size, … */
function summary(message: RtmpMessage): string {
  const command = decodeCommand(message);
  if (command.kind !== 'value') return `${message.typeId}`;
  return `${message.typeId} ${command.value.name} ${command.value.transactionId}`;
}

for (const client of CLIENTS) {
  describe(`when ${client.name}`, () => {
    const commands = client.build(TARGET);
    const media = Buffer.alloc(300_000, 0x99);

    it('knows role and stream, and keeps the bytes behind C2 as they came', () => {
      const { client: known } = identified(Buffer.concat([SIMPLE, C2, commands]));
      assert.equal(known.role, client.role);
      const { app, stream, vhost, param } = known.url;
      assert.deepEqual(
        { app, stream, vhost, param },
        { app: 'live', stream: 'cam', vhost: '127.0.0.1', param: '?token=1' },
      );
      assert.deepEqual(known.recorded, commands);
      assert.ok(known.answered.has(known.createStream));
    });

    it('byte by byte is all at once', () => {
      const bytes = Buffer.concat([SIMPLE, C2, commands]);
      const whole = identified(bytes);
      for (const size of [1, 7, 1537, 3072]) {
        const pieces = identified(bytes, size);
        const { recorded } = pieces.client;
        assert.deepEqual(recorded, commands.subarray(0, recorded.length));
        assert.deepEqual({ ...pieces.client, recorded: commands }, whole.client);
        assert.deepEqual(pieces.replies, whole.replies);
      }
    });

    it('takes everything in one push, its first media too', () => {
      const bytes = Buffer.concat([SIMPLE, C2, commands, media]);
      const { recorded } = identified(bytes).client;
      assert.deepEqual(recorded, Buffer.concat([commands, media]));
    });

    for (const schema of ['schema0', 'schema1'] as const) {
      it(`answers a digest in ${schema} and records the same`, () => {
        const hello = buildComplexC1(schema, RANDOM);
        const { client: known, replies } = identified(Buffer.concat([hello, C2, commands]));
        assert.equal(detectSchema(replies.subarray(1, 1 + HANDSHAKE_SIZE), SERVER_KEY), schema);
        assert.deepEqual(known.recorded, commands);
      });
    }
  });
}

describe('what it answers', () => {
  const ffmpeg = CLIENTS[0] as ClientBytes;

  it('comes as soon as it can', () => {
    assert.equal(identify(SIMPLE).replies.length, ANSWER_SIZE);
    assert.equal(identify(SIMPLE.subarray(0, -1)).replies.length, 0);
    const hello = Buffer.concat([SIMPLE, C2]);
    const { replies } = identify(Buffer.concat([hello, CONNECT]));
    assert.deepEqual(messagesIn(replies.subarray(ANSWER_SIZE)).map(summary), [
      '5',
      '6',
      '1',
      '20 _result 1',
      '20 onBWDone 0',
    ]);
  });

  it('tells which server and connection this is, and repeats the object encoding', () => {
    for (const [asked, told] of [
      [3, 3],
      [0, 0],
      [undefined, 0],
    ]) {
      const connect = call('connect', 1, { tcUrl: TARGET.tcUrl, objectEncoding: asked });
      const { replies } = identify(Buffer.concat([SIMPLE, C2, connect]));
      const result = messagesIn(replies.subarray(ANSWER_SIZE))[3] as RtmpMessage;
      const command = decodeCommand(result);
      assert.ok(command.kind === 'value');
      const info = Object(command.value.args[0]);
      assert.equal(info.objectEncoding, told);
      assert.deepEqual(Object.entries(info.data), [
        ['version', '3,5,3,888'],
        ['srs_sig', 'SRS'],
        ['srs_server', 'SRS/1.2.3(Hang)'],
        ['srs_license', 'MIT'],
        ['srs_url', 'https://github.com/ossrs/srs'],
        ['srs_version', '1.2.3'],
        ['srs_authors', 'srs-supervisor'],
        ['srs_server_ip', '192.0.2.1'],
        ['srs_pid', 7],
        ['srs_id', 'abc'],
      ]);
    }
  });

  it('tells window and chunk size of the vhost, and no window where that is 0', () => {
    const vhostSizes = {
      __defaultVhost__: { windowAck: 1_000_000, chunk: 128 },
      'five.com': { windowAck: 5_000_000, chunk: 65_536 },
      'none.com': { windowAck: 0, chunk: 4096 },
    };
    for (const [tcUrl, windowAck, chunk] of [
      ['rtmp://five.com/live', 5_000_000, 65_536],
      ['rtmp://127.0.0.1/live?vhost=five.com', 5_000_000, 65_536],
      ['rtmp://none.com/live', null, 4096],
      ['rtmp://other.com/live', 1_000_000, 128],
    ] as const) {
      const options = { server: SERVER, time: 0, random: RANDOM, vhostSizes };
      const identifier = new RtmpIdentifier(options);
      const calls = [call('connect', 1, { tcUrl }), call('createStream', 2), PUBLISH];
      const outcome = identifier.feed(Buffer.concat([SIMPLE, C2, ...calls]));
      assert.ok(outcome.kind === 'value' && outcome.value.chunkSize === chunk, tcUrl);
      const messages = messagesIn(identifier.takeReplies().subarray(ANSWER_SIZE));
      const told = (typeId: number) => messages.find((message) => message.typeId === typeId);
      assert.equal(told(5)?.payload.readUInt32BE() ?? null, windowAck, tcUrl);
      assert.equal(told(1)?.payload.readUInt32BE(), chunk, tcUrl);
      assert.deepEqual(messages.slice(-3).map(summary), [
        '20 _result 1',
        '20 onBWDone 0',
        '20 _result 2',
      ]);
    }
  });

  it('answers pings wherever they come, and counts them', () => {
    const identifier = new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
    const opening = [ping(1), CONNECT, ping(2), call('createStream', 2), ping(3), PUBLISH];
    const outcome = identifier.feed(Buffer.concat([SIMPLE, C2, ...opening]));
    assert.ok(outcome.kind === 'value');
    assert.equal(outcome.value.pings, 3);
    const replies = messagesIn(identifier.takeReplies().subarray(ANSWER_SIZE));
    const pongs = replies.filter(({ typeId }) => typeId === 4);
    assert.deepEqual(
      pongs.map(({ payload }) => payload.toString('hex')),
      ['000700000001', '000700000002', '000700000003'],
    );
    assert.equal(replies[0]?.typeId, 4);
  });

  it('answers calls that nobody knows, until a stream is begun', () => {
    const connect = call('connect', 1, { tcUrl: TARGET.tcUrl });
    const calls = [
      call('_checkbw', 2, null),
      call('createStream', 3, null),
      call('_checkbw', 4, null),
    ];
    const identifier = new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
    identifier.feed(Buffer.concat([SIMPLE, C2, connect, ...calls]));
    const replies = messagesIn(identifier.takeReplies().subarray(ANSWER_SIZE)).flatMap(
      (message) => {
        const command = decodeCommand(message);
        return command.kind === 'value' && command.value.name === '_result' ? [command.value] : [];
      },
    );
    assert.deepEqual(
      replies.map(({ transactionId }) => transactionId),
      [1, 2, 3],
    );
    assert.deepEqual([replies[1]?.object, replies[1]?.args], [null, [null]]);
  });

  it('is taken once', () => {
    const identifier = new RtmpIdentifier({ server: SERVER, time: 0, random: RANDOM });
    identifier.feed(Buffer.concat([SIMPLE, C2, ffmpeg.build(TARGET)]));
    assert.ok(identifier.takeReplies().length > ANSWER_SIZE);
    assert.equal(identifier.takeReplies().length, 0);
  });

  it('says why a stream cannot be had, in the words of its role', () => {
    for (const [role, code] of [
      ['publish', 'NetStream.Publish.Failed'],
      ['play', 'NetStream.Play.Failed'],
    ] as const) {
      const told = encodeMessage(setChunkSize(60_000), 128);
      const bytes = Buffer.concat([told, refusal(role, 'nobody is ready', 60_000)]);
      const [, message, ...others] = messagesIn(bytes);
      assert.ok(message);
      assert.equal(others.length, 0);
      assert.equal(message.streamId, 1);
      const command = decodeCommand(message);
      assert.ok(command.kind === 'value');
      const status = Object(command.value.args[0]);
      assert.equal(command.value.name, 'onStatus');
      assert.deepEqual(
        [status.level, status.code, status.description],
        ['error', code, 'nobody is ready'],
      );
    }
  });
});

describe('what SRS answers', { skip: NO_SRS }, () => {
  let srs: Srs;
  before(async () => {
    srs = await Srs.start();
  });
  after(() => srs?.close());

  /** SRS's messages to the same bytes, up to and with the answer that opens the stream. */
  async function srsAnswers(bytes: Buffer, last: number): Promise<string[]> {
    const socket = connect({ port: srs.rtmp, host: '127.0.0.1' });
    socket.on('error', () => {});
    await once(socket, 'connect');
    let heard = Buffer.alloc(0);
    socket.on('data', (more: Buffer) => {
      heard = Buffer.concat([heard, more]);
    });
    socket.write(bytes);
    const answers = () => messagesIn(heard.subarray(ANSWER_SIZE)).map(summary);
    await until('the answer of SRS', () => answers().includes(`20 _result ${last}`));
    socket.destroy();
    return answers();
  }

  for (const [index, client] of CLIENTS.entries()) {
    it(`is what we answer, in this order, when ${client.name}`, async () => {
      const target = { ...TARGET, stream: `cam${index}` };
      const bytes = Buffer.concat([SIMPLE, C2, client.build(target)]);
      const { client: known, replies } = identified(bytes);
      const ours = messagesIn(replies.subarray(ANSWER_SIZE)).map(summary);
      const theirs = await srsAnswers(bytes, Math.max(...known.answered));
      assert.deepEqual(ours, theirs.slice(0, ours.length));
    });
  }
});

describe('what it lets pass', () => {
  const RELEASE = call('releaseStream', 2, null, 'cam');
  const CREATE = call('createStream', 4, null);

  const ignored: readonly [string, Buffer][] = [
    ['unknown commands', Buffer.concat([call('_checkbw', 9, null), call('constructor', 8, null)])],
    ['acknowledgements', encodeMessage(acknowledgement(3073), 128)],
    ['a second releaseStream', RELEASE],
    [
      'data messages',
      encodeMessage({ csid: 4, timestamp: 0, typeId: 18, streamId: 0, payload: RANDOM }, 128),
    ],
    [
      'message types that do not exist',
      encodeMessage({ csid: 2, timestamp: 0, typeId: 99, streamId: 0, payload: RANDOM }, 128),
    ],
  ];
  for (const [what, bytes] of ignored) {
    it(`${what} before publish`, () => {
      const commands = Buffer.concat([CONNECT, bytes, RELEASE, CREATE, bytes, PUBLISH]);
      const { client } = identified(Buffer.concat([SIMPLE, C2, commands]));
      assert.equal(client.role, 'publish');
      assert.deepEqual(client.recorded, commands);
      assert.equal(client.answered.has(9), what === 'unknown commands');
    });
  }

  it('messages on a hundred chunk streams', () => {
    const payload = Buffer.alloc(4);
    const windows = Array.from({ length: 100 }, (_, index) =>
      encodeMessage({ csid: 10 + index, timestamp: 0, typeId: 5, streamId: 0, payload }, 128),
    );
    const commands = [CONNECT, ...windows, CREATE, PUBLISH];
    const { client } = identified(Buffer.concat([SIMPLE, C2, ...commands]));
    assert.equal(client.url.stream, 'cam');
  });

  it('a stream opened twice: the last one is where the child stands', () => {
    const commands = [CONNECT, CREATE, call('createStream', 6, null), PUBLISH];
    const { client } = identified(Buffer.concat([SIMPLE, C2, ...commands]));
    assert.equal(client.createStream, 6);
    assert.deepEqual([...client.answered], [1, 4, 6]);
  });
});

describe('what it refuses', () => {
  const CREATE = call('createStream', 4, null);

  it('an RTMP version that is none', () => {
    assert.equal(identify(Buffer.from('GET / HTTP/1.1\r\n')).outcome.kind, 'invalid');
    assert.equal(identify(Buffer.of(0x16, 3, 1)).outcome.kind, 'invalid');
  });

  const refused: readonly [string, RegExp, readonly Buffer[]][] = [
    ['a command before connect', /before connect/, [CREATE]],
    ['publish before createStream', /before createStream/, [CONNECT, PUBLISH]],
    ['connect without a tcUrl', /tcUrl/, [call('connect', 1, { app: 'live' })]],
    ['connect without an object', /tcUrl/, [call('connect', 1, null)]],
    ['connect with a number for tcUrl', /tcUrl/, [call('connect', 1, { tcUrl: 7 })]],
    ['a tcUrl that is none', /tcUrl/, [call('connect', 1, { tcUrl: 'x' }), CREATE, PUBLISH]],
    ['no stream name', /stream name/, [CONNECT, CREATE, call('play', 5, null)]],
    ['an empty stream name', /stream name/, [CONNECT, CREATE, call('play', 5, null, '')]],
    ['a long stream name', /2049/, [CONNECT, CREATE, call('play', 5, null, 'x'.repeat(2049))]],
    ['a long tcUrl', /17017/, [longConnect(17_000), CREATE, PUBLISH]],
    ['more commands than anybody says', /128 commands/, Array(129).fill(CONNECT)],
    ['a command without end', /cut off/, [CONNECT, cutShort(CREATE)]],
    ['a huge command', /70\d\d\d bytes/, [longConnect(70_000)]],
    ['a chunk stream that begins in the middle', /fmt 3/, [CONNECT, Buffer.of(0xc9)]],
  ];
  for (const [what, reason, commands] of refused) {
    it(what, () => assert.match(reasonAgainst(...commands), reason));
  }

  it('256 KiB that name no stream', () => {
    const chatter = call('_checkbw', 9, null, 'x'.repeat(8000));
    const most = new Array<Buffer>(Math.floor((256 * 1024) / chatter.length) - 1).fill(chatter);
    const { outcome } = identify(Buffer.concat([SIMPLE, C2, CONNECT, ...most]));
    assert.equal(outcome.kind, 'incomplete');
    assert.match(reasonAgainst(CONNECT, ...most, chatter, chatter), /262144 bytes/);
  });

  it('more in unfinished messages than it will ever keep', () => {
    const begun = Array.from({ length: 8 }, (_, index) => {
      const payload = Buffer.alloc(60_000);
      const message = { csid: 10 + index, timestamp: 0, typeId: 9, streamId: 1, payload };
      return encodeMessage(message, 128).subarray(0, 100);
    });
    assert.match(reasonAgainst(CONNECT, ...begun.map((bytes) => pad(bytes))), /unfinished/);
  });
});

/** A first chunk, made whole. */
function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(12 + 128 - bytes.length)]);
}

function longConnect(length: number): Buffer {
  return call('connect', 1, { tcUrl: `rtmp://127.0.0.1/${'x'.repeat(length)}` });
}

/** The same message, one byte of its last value gone. */
function cutShort(command: Buffer): Buffer {
  const bytes = Buffer.from(command);
  bytes.writeUIntBE(bytes.readUIntBE(4, 3) - 2, 4, 3);
  return bytes.subarray(0, -2);
}
