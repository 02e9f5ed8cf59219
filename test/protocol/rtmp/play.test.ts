import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { HANDSHAKE_SIZE } from '../../../src/protocol/rtmp/handshake.js';
import { RtmpIdentifier } from '../../../src/protocol/rtmp/identify.js';
import { MessageType } from '../../../src/protocol/rtmp/message.js';
import { PlayAnswers, playCommands } from '../../../src/protocol/rtmp/play.js';

const HANDSHAKE = Buffer.alloc(1 + 2 * HANDSHAKE_SIZE, 3);
const status = (code: string) => {
  const command = { name: 'onStatus', transactionId: 0, object: null, args: [{ code }] };
  return encodeMessage(encodeCommand(command, { csid: 5, streamId: 1 }), 128);
};
const result = (transactionId: number) => {
  const command = { name: '_result', transactionId, object: null, args: [] };
  return encodeMessage(encodeCommand(command, { csid: 3, streamId: 0 }), 128);
};
const media = (typeId: number) =>
  encodeMessage({ csid: 6, timestamp: 0, typeId, streamId: 1, payload: Buffer.of(1, 2) }, 128);

/** Feeds the answers. */
function heard(...parts: Buffer[]) {
  const outcome = new PlayAnswers().feed(Buffer.concat([HANDSHAKE, ...parts]));
  return outcome.kind === 'value' ? outcome.value : outcome.kind;
}

test('a player is known by its commands', () => {
  const server = { signature: 'x', version: '1', ip: '192.0.2.1', pid: 1, id: '1' };
  const options = { server, time: 0, random: Buffer.alloc(HANDSHAKE_SIZE) };
  const commands = playCommands('rtmp://127.0.0.1/a/b?vhost=v.example', 'a/b?vhost=v.example', 's');
  const hello = Buffer.concat([Buffer.of(3), Buffer.alloc(2 * HANDSHAKE_SIZE)]);
  const outcome = new RtmpIdentifier(options).feed(Buffer.concat([hello, commands]));
  assert.ok(outcome.kind === 'value', JSON.stringify(outcome));
  const { role, url } = outcome.value;
  assert.deepEqual([role, url.vhost, url.app, url.stream], ['play', 'v.example', 'a/b', 's']);
});

test('a player has its place when its last call is answered', () => {
  assert.equal(heard(), 'asked');
  assert.equal(heard(result(1), result(2), status('NetStream.Play.Start')), 'asked');
  assert.equal(heard(status('NetStream.Play.Start'), result(4)), 'started');
});

test('audio and video are media, metadata is not', () => {
  const start = result(4);
  assert.equal(heard(start, media(MessageType.dataAmf0)), 'started');
  assert.equal(heard(start, media(MessageType.audio)), 'media');
  assert.equal(heard(start, media(MessageType.video)), 'media');
});

test('however the answers are cut', () => {
  const bytes = Buffer.concat([HANDSHAKE, result(4)]);
  for (const at of [1, HANDSHAKE.length, HANDSHAKE.length + 1, bytes.length - 1]) {
    const answers = new PlayAnswers();
    const first = answers.feed(bytes.subarray(0, at));
    assert.ok(first.kind === 'value' && first.value === 'asked', `cut at ${at}`);
    const second = answers.feed(bytes.subarray(at));
    assert.ok(second.kind === 'value' && second.value === 'started', `cut at ${at}`);
  }
});

test('what is no RTMP is invalid', () => {
  assert.equal(heard(Buffer.alloc(4096, 0xff)), 'invalid');
});
