import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CONCLUSION,
  HANDSHAKE_SIZE,
  type Handshake,
  INDUCTION,
  induction,
  inductionAnswer,
  inductionOf,
  parseHandshake,
  rejection,
  resend,
} from '../../../src/protocol/srt/handshake.js';
import {
  destinationOf,
  HANDSHAKE,
  kindOf,
  SHUTDOWN,
  shutdown,
  timestampOf,
} from '../../../src/protocol/srt/packet.js';
import { Reject, rejectType } from '../../../src/protocol/srt/reject.js';
import { BAD_SECRET, CAPTURES, ENCRYPTED, PUBLISH, UNSECURE } from '../../helpers/srt-bytes.js';

function read(packet: Buffer): Handshake {
  const parsed = parseHandshake(packet);
  assert.ok(parsed.kind === 'value', JSON.stringify(parsed));
  return parsed.value;
}

describe('SRT packets', () => {
  it('tells the kinds apart', () => {
    assert.equal(kindOf(PUBLISH.induction), HANDSHAKE);
    assert.equal(kindOf(PUBLISH.shutdown), SHUTDOWN);
    assert.equal(kindOf(Buffer.alloc(15)), -1);
  });

  it('writes a shutdown as libsrt does', () => {
    const ours = shutdown(destinationOf(PUBLISH.shutdown));
    ours.writeUInt32BE(timestampOf(PUBLISH.shutdown), 8);
    assert.deepEqual(ours, PUBLISH.shutdown);
  });
});

describe('SRT handshakes', () => {
  it('reads a whole one', () => {
    assert.deepEqual(read(PUBLISH.induction), {
      version: 4,
      encryption: 0,
      extension: 2,
      sequence: 0x724fb4aa,
      type: INDUCTION,
      id: 0x0a873888,
      cookie: 0,
      destination: 0,
    });
    const { type, id, cookie, destination } = read(PUBLISH.answer);
    assert.deepEqual([type, id, destination], [CONCLUSION, 0x35826c50, 0x0a873888]);
    assert.equal(cookie, read(PUBLISH.conclusion).cookie);
    assert.equal(read(ENCRYPTED.inductionAnswer).encryption, 2);
  });

  it('reads why a child says no', () => {
    assert.equal(read(BAD_SECRET.answer).type, 1010);
    assert.equal(read(UNSECURE.answer).type, 1011);
    assert.equal(rejectType(Reject.badRequest), 2400);
  });

  it('answers an induction as SRS does', () => {
    for (const { induction: packet, inductionAnswer: answer } of Object.values(CAPTURES)) {
      const { cookie, encryption } = read(answer);
      const ours = inductionAnswer(packet, { cookie, encryption, micros: timestampOf(answer) });
      assert.deepEqual(ours, answer);
    }
  });

  it('makes the induction that came before a conclusion', () => {
    for (const { induction: packet, conclusion } of Object.values(CAPTURES)) {
      const ours = inductionOf(conclusion);
      ours.writeUInt32BE(timestampOf(packet), 8);
      assert.deepEqual(ours, packet);
    }
    assert.equal(read(induction(7)).id, 7);
    assert.equal(read(induction(7)).type, INDUCTION);
  });

  it('says no in as few bytes as SRS, to whom it concerns', () => {
    const ours = rejection(BAD_SECRET.conclusion, 1010, timestampOf(BAD_SECRET.answer));
    // The listener's socket id: we have none.
    BAD_SECRET.answer.copy(ours, 40, 40, 44);
    assert.deepEqual(ours, BAD_SECRET.answer);
  });

  it('sends the same again with another cookie, and later', () => {
    const again = resend(PUBLISH.conclusion, 7, 2 ** 32 - 1);
    assert.equal(read(again).cookie, 7);
    assert.equal(timestampOf(again), timestampOf(PUBLISH.conclusion) - 1);
    again.writeUInt32BE(timestampOf(PUBLISH.conclusion), 8);
    assert.deepEqual(resend(again, read(PUBLISH.conclusion).cookie, 0), PUBLISH.conclusion);
  });

  it('takes nothing that is shorter than a handshake, or none', () => {
    for (let size = 0; size < HANDSHAKE_SIZE; size += 1) {
      assert.equal(parseHandshake(PUBLISH.conclusion.subarray(0, size)).kind, 'invalid');
    }
    assert.equal(
      parseHandshake(Buffer.concat([PUBLISH.shutdown, Buffer.alloc(64)])).kind,
      'invalid',
    );
  });
});
