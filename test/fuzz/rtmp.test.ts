/**
 * Mutated bytes of real clients into every RTMP parser: no exception, and no more kept than the
 * limits say.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlv } from '../../src/demo/flv.js';
import { decodeAmf0, decodeAmf0All, encodeAmf0 } from '../../src/protocol/rtmp/amf0.js';
import { ChunkReader } from '../../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { decodeCommand } from '../../src/protocol/rtmp/command.js';
import { parseUserControl } from '../../src/protocol/rtmp/control.js';
import { buildC0C1, buildS0S1S2, parseC0C1 } from '../../src/protocol/rtmp/handshake.js';
import { HeldPublish } from '../../src/protocol/rtmp/held-publish.js';
import { RtmpIdentifier } from '../../src/protocol/rtmp/identify.js';
import { parseStreamUrl } from '../../src/protocol/rtmp/stream-url.js';
import { fuzz } from '../helpers/fuzz.js';
import { buildComplexC1, CLIENTS } from '../helpers/rtmp-bytes.js';
import { STREAM_URLS } from '../helpers/stream-urls.js';

const RANDOM = Buffer.alloc(1536, 0x5a);
const MAX_MESSAGE = 64 * 1024;

/** Reads to the end in pieces; the reader may neither throw, nor hang, nor make bytes up. */
function readChunks(bytes: Buffer, size: number): string[] {
  const reader = new ChunkReader({ maxMessageSize: MAX_MESSAGE });
  const read: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    reader.push(bytes.subarray(at, at + size));
    let next = reader.next();
    for (; next.kind === 'value'; next = reader.next()) {
      const { start, end, payload, csid, timestamp, typeId } = next.value;
      assert.ok(start < end && end <= bytes.length && payload.length < end - start);
      decodeCommand(next.value);
      parseUserControl(payload);
      read.push([csid, timestamp, typeId, start, end, payload.toString('hex')].join());
    }
    if (next.kind === 'invalid') return [...read, next.reason];
    const partial = reader.partialStart();
    assert.ok(partial === null || partial < at + size);
  }
  return read;
}

const target = { tcUrl: 'rtmp://127.0.0.1/live', app: 'live', stream: 'cam' };
const clients = CLIENTS.map((client) => client.build(target));
const values = [
  encodeAmf0('connect', 1, { app: 'live', nested: { list: [1, true, null, 'x'] } }),
  encodeAmf0(new Date(0), undefined, ['a', ['b', ['c']]], 'x'.repeat(70_000)),
  Buffer.from(
    '08000000010001610a00000002050610000154000162030000090000090c00000001610f0000',
    'hex',
  ),
];
const media = [9, 8, 1, 2].map((typeId) => {
  const payload = Buffer.alloc(typeId > 2 ? 700 : 4, typeId);
  return encodeMessage({ csid: typeId, timestamp: 0xfffffff0, typeId, streamId: 1, payload }, 128);
});
const flv = Buffer.from(
  '464c5601050000000900000000' + '0900000200000000000000' + '17000000000d',
  'hex',
);

fuzz('ChunkReader', [...clients, ...media, Buffer.concat(media)], (bytes) => {
  assert.deepEqual(readChunks(bytes, 13), readChunks(bytes, 4096));
});

const publisher = { recorded: CLIENTS[0]?.build(target) ?? Buffer.alloc(0), pings: 0 };

fuzz('a publisher that waits', [...media, Buffer.concat(media)], (bytes) => {
  for (const size of [13, 4096]) {
    const held = new HeldPublish({ ...publisher, chunkSize: 128 });
    let kind = held.begin().kind;
    for (let at = 0; at < bytes.length && kind === 'value'; at += size) {
      kind = held.feed(bytes.subarray(at, at + size)).kind;
    }
    if (kind !== 'value' || !held.cut()) continue;
    const through = held.letThrough();
    assert.ok(through.kind === 'value');
    const reader = new ChunkReader();
    reader.push(through.value.recorded);
    let next = reader.next();
    while (next.kind === 'value') next = reader.next();
    assert.deepEqual([next.kind, reader.partialStart()], ['incomplete', null]);
  }
});

fuzz('AMF0', values, (bytes) => {
  const one = decodeAmf0(bytes);
  assert.ok(one.kind !== 'value' || one.consumed <= bytes.length);
  assert.notEqual(decodeAmf0All(bytes).kind, 'incomplete');
});

fuzz(
  'the handshake',
  [buildComplexC1('schema0', RANDOM), buildComplexC1('schema1', RANDOM)],
  (bytes) => {
    const hello = parseC0C1(bytes);
    if (hello.kind === 'value') buildS0S1S2(hello.value, { time: 0, random: RANDOM });
  },
);

const hello = Buffer.concat([buildC0C1(0, RANDOM), RANDOM]);
const server = { signature: 'SRS/1.2.3(Hang)', version: '1.2.3', ip: '192.0.2.1', pid: 1, id: 'x' };

/** Behind an intact handshake, else few mutations would come to the commands. */
fuzz('RtmpIdentifier', clients, (bytes) => {
  const identifier = new RtmpIdentifier({ server, time: 0, random: RANDOM });
  assert.equal(identifier.feed(hello).kind, 'incomplete');
  let fed = 0;
  for (let at = 0; at < bytes.length; at += 61) {
    const piece = bytes.subarray(at, at + 61);
    fed += piece.length;
    const outcome = identifier.feed(piece);
    assert.ok(identifier.takeReplies().length < 64 * 1024);
    if (outcome.kind === 'incomplete') continue;
    if (outcome.kind === 'value') assert.deepEqual(outcome.value.recorded, bytes.subarray(0, fed));
    return;
  }
});

fuzz('FLV', [flv], (bytes) => {
  const file = parseFlv(bytes);
  assert.ok(file.kind !== 'value' || file.value.tags.length <= bytes.length / 15);
});

fuzz(
  'the stream URL',
  STREAM_URLS.map(([tcUrl, stream]) => Buffer.from(`${tcUrl}\n${stream}`)),
  (bytes) => {
    const [tcUrl = '', ...rest] = bytes.toString().split('\n');
    const url = parseStreamUrl(tcUrl, rest.join('\n'));
    if (url.kind === 'value') assert.ok(url.value.app && url.value.vhost && url.value.stream);
  },
);

test('messages that are only begun cost no more than the limit', () => {
  const before = process.memoryUsage().arrayBuffers;
  const reader = new ChunkReader();
  const begun = Buffer.concat([Buffer.from('06000000ffffff0901000000', 'hex'), Buffer.alloc(128)]);
  const kinds = [];
  for (let csid = 3; csid < 64; csid++) {
    const bytes = Buffer.from(begun);
    bytes[0] = csid;
    reader.push(bytes);
    kinds.push(reader.next().kind);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 40 * 1024 * 1024);
  assert.equal(kinds.at(-1), 'invalid');
});

test('a URL made to slow the parser down does not', () => {
  for (const part of ['/', '@', '?', '#', '[', ':', '/_definst_', '...vhost...', '&', 'a=']) {
    const long = part.repeat(Math.trunc(2000 / part.length));
    for (const tcUrl of [`rtmp://h/${long}`, `rtmp://${long}`, long]) parseStreamUrl(tcUrl, long);
  }
});
