import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amf0Value, encodeAmf0 } from '../../../src/protocol/rtmp/amf0.js';
import {
  decodeCommand,
  decodeCommandHead,
  encodeCommand,
} from '../../../src/protocol/rtmp/command.js';
import * as control from '../../../src/protocol/rtmp/control.js';
import type { RtmpMessage } from '../../../src/protocol/rtmp/message.js';

const of = (typeId: number, payload: Buffer): RtmpMessage => {
  return { csid: 3, timestamp: 0, typeId, streamId: 0, payload };
};

test('a command goes there and back', () => {
  const command = { name: 'publish', transactionId: 5, object: null, args: ['cam', 'live'] };
  const message = encodeCommand(command, { csid: 8, streamId: 1 });
  assert.deepEqual([message.csid, message.streamId, message.typeId], [8, 1, 20]);
  const decoded = decodeCommand(message);
  assert.deepEqual(decoded.kind === 'value' && decoded.value, { ...command, amf3: false });
});

test('reads AMF3 commands, up to real AMF3', () => {
  const payload = Buffer.concat([Buffer.of(0), encodeAmf0('call', 2, null), Buffer.of(0x11, 4, 1)]);
  const decoded = decodeCommand(of(17, payload));
  const expected = { name: 'call', transactionId: 2, object: null, args: [undefined], amf3: true };
  assert.deepEqual(decoded.kind === 'value' && decoded.value, expected);
});

test('a command without an object has null', () => {
  const decoded = decodeCommand(of(20, encodeAmf0('onBWDone', 0)));
  assert.equal(decoded.kind === 'value' && decoded.value.object, null);
});

test('refuses what is no command', () => {
  const bad: readonly (readonly [number, ...Amf0Value[]])[] = [
    [20],
    [20, 'connect'],
    [20, 1, 'connect'],
    [20, 'connect', '1'],
    [18, 'connect', 1],
  ];
  for (const [typeId, ...values] of bad) {
    assert.equal(decodeCommand(of(typeId, encodeAmf0(...values))).kind, 'invalid');
  }
  assert.equal(decodeCommand(of(20, encodeAmf0('connect', 1).subarray(0, -1))).kind, 'invalid');
  assert.equal(decodeCommand(of(17, Buffer.alloc(0))).kind, 'invalid');
});

test('the head is read whatever follows it', () => {
  const nonsense = Buffer.of(0xff, 1, 2);
  const payload = Buffer.concat([encodeAmf0('_result', 4), nonsense]);
  const expected = { name: '_result', transactionId: 4 };
  for (const message of [of(20, payload), of(17, Buffer.concat([Buffer.of(0), payload]))]) {
    const head = decodeCommandHead(message);
    assert.deepEqual(head.kind === 'value' && head.value, expected);
    assert.equal(decodeCommand(message).kind, 'invalid');
  }
});

test('control messages are what the specification says', () => {
  const table: readonly (readonly [RtmpMessage, number, string])[] = [
    [control.setChunkSize(60_000), 1, '0000ea60'],
    [control.acknowledgement(0x1_0000_0001), 3, '00000001'],
    [control.streamBegin(1), 4, '000000000001'],
    [control.streamEof(1), 4, '000100000001'],
    [control.pingResponse(7), 4, '000700000007'],
    [control.windowAckSize(2_500_000), 5, '002625a0'],
    [control.setPeerBandwidth(2_500_000, control.PeerBandwidth.dynamic), 6, '002625a002'],
  ];
  for (const [message, typeId, payload] of table) {
    assert.deepEqual([message.typeId, message.payload.toString('hex')], [typeId, payload]);
    assert.deepEqual([message.csid, message.streamId, message.timestamp], [2, 0, 0]);
  }
});

test('user control events are read, and every prefix is incomplete', () => {
  const table = [
    ['000000000001', { event: 0, argument: 1 }],
    ['000700000010', { event: 7, argument: 16 }],
    ['000300000001', { event: 3, argument: 1 }],
  ] as const;
  for (const [hex, expected] of table) {
    const bytes = Buffer.from(hex, 'hex');
    const parsed = control.parseUserControl(bytes);
    assert.deepEqual(parsed.kind === 'value' && parsed.value, expected);
    for (let size = 0; size < bytes.length; size++) {
      assert.equal(control.parseUserControl(bytes.subarray(0, size)).kind, 'incomplete');
    }
  }
});
