import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCookieOf } from '../../../src/protocol/srt/cookie.js';
import { INDUCTION, induction } from '../../../src/protocol/srt/handshake.js';
import { answerInduction, type InductionSettings } from '../../../src/protocol/srt/induction.js';
import { timestampOf } from '../../../src/protocol/srt/packet.js';
import { PUBLISH } from '../../helpers/srt-bytes.js';
import { changed, read } from '../../helpers/srt-caller.js';

const sender = { ip: '192.0.2.1', port: 5000 };
const settings: InductionSettings = {
  secret: '7'.repeat(64),
  encryption: 2,
  startedAt: 1000,
};
const answerTo = (packet: Buffer, others: Partial<InductionSettings> = {}) =>
  answerInduction(packet, sender, { ...settings, ...others }, 1500);

describe('answers to SRT inductions', () => {
  it('carry a good cookie, the key length and the time', () => {
    const answer = answerTo(PUBLISH.induction);
    assert.ok(answer);
    const { type, version, cookie, encryption, destination } = read(answer);
    const { id } = read(PUBLISH.induction);
    assert.deepEqual([type, version, encryption, destination], [INDUCTION, 5, 2, id]);
    assert.ok(isCookieOf(cookie, settings.secret, sender, 1500));
    assert.equal(timestampOf(answer), 500_000);
  });

  it('are given to inductions alone, and when all is known', () => {
    assert.equal(answerTo(PUBLISH.conclusion), null);
    assert.equal(answerTo(PUBLISH.shutdown), null);
    assert.equal(answerTo(changed(induction(1), { destination: 7 })), null);
    assert.equal(answerTo(induction(1), { encryption: null }), null);
  });

  it('are never longer than what came, whatever that is', () => {
    const packets = fc.uint8Array({ maxLength: 100 }).map((bytes) => {
      const packet = Buffer.concat([induction(1).subarray(0, 40), bytes]);
      return packet.subarray(0, bytes.length);
    });
    fc.assert(fc.property(packets, (packet) => (answerTo(packet)?.length ?? 0) <= packet.length));
  });
});
