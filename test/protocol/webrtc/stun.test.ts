import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasIntegrity, looksLikeStun, parseStun } from '../../../src/protocol/webrtc/stun.js';
import { type StunOptions, stunRequest } from '../../helpers/stun.js';

const CREDENTIALS = { username: 'Sbox101AAAAAAAAAAAAAAAA:remote', password: 'p'.repeat(32) };

/** RFC 5769 §2.1: the sample request of the standard, with its password. */
const SAMPLE = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74' +
    '002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020' +
    '000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf',
  'hex',
);
const SAMPLE_PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';

function parsed(datagram: Buffer) {
  const result = parseStun(datagram);
  assert.equal(result.kind, 'value');
  assert.ok(result.kind === 'value');
  return result.value;
}

describe('stun', () => {
  it("reads the standard's sample request", () => {
    const message = parsed(SAMPLE);
    assert.equal(message.isBindingRequest, true);
    assert.equal(message.username, 'evtj:h6vY');
    assert.equal(hasIntegrity(SAMPLE, message, SAMPLE_PASSWORD), true);
    assert.equal(hasIntegrity(SAMPLE, message, 'another password'), false);
  });

  it('reads requests with and without attributes', () => {
    const table: readonly StunOptions[] = [{}, { username: 'a:b' }, CREDENTIALS];
    for (const options of table) {
      for (const fingerprint of [true, false]) {
        const message = parsed(stunRequest({ ...options, fingerprint }));
        assert.equal(message.username, options.username ?? null);
        assert.equal(message.integrityAt === null, options.password === undefined);
      }
    }
  });

  it('tells requests from answers and indications', () => {
    for (const type of [0x0101, 0x0111, 0x0011, 0x0003]) {
      assert.equal(parsed(stunRequest({ type })).isBindingRequest, false);
    }
  });

  it('takes no other word for integrity', () => {
    const unsigned = stunRequest({ username: 'a:b' });
    assert.equal(hasIntegrity(unsigned, parsed(unsigned), ''), false);
  });

  it('refuses every prefix, and every extension', () => {
    const whole = stunRequest(CREDENTIALS);
    for (let size = 0; size < whole.length; size += 1) {
      assert.equal(parseStun(whole.subarray(0, size)).kind, 'invalid');
    }
    assert.equal(parseStun(Buffer.concat([whole, Buffer.alloc(4)])).kind, 'invalid');
  });

  it('takes no message with a changed bit for what it was', () => {
    const whole = stunRequest(CREDENTIALS);
    // Behind MESSAGE-INTEGRITY only the fingerprint speaks for itself.
    for (let bit = 0; bit < (whole.length - 8) * 8; bit += 1) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = parseStun(changed);
      const isTaken =
        result.kind === 'value' && hasIntegrity(changed, result.value, CREDENTIALS.password);
      assert.equal(isTaken, false, `bit ${bit}`);
    }
  });

  it('refuses attributes that reach beyond the end', () => {
    const message = stunRequest({ username: 'abcd', fingerprint: false });
    for (const size of [5, 8, 100, 0xffff]) {
      message.writeUInt16BE(size, 22);
      assert.equal(parseStun(message).kind, 'invalid');
    }
  });

  it('does not throw, whatever comes', () => {
    const heads = fc.constantFrom(Buffer.alloc(0), SAMPLE, stunRequest(CREDENTIALS));
    fc.assert(
      fc.property(heads, fc.uint8Array({ maxLength: 200 }), fc.nat(200), (head, bytes, at) => {
        const datagram = Buffer.concat([head.subarray(0, at), bytes, head.subarray(at)]);
        const result = parseStun(datagram);
        if (result.kind === 'value') hasIntegrity(datagram, result.value, 'password');
      }),
    );
  });

  it('tells STUN from DTLS and RTP', () => {
    assert.equal(looksLikeStun(SAMPLE), true);
    for (const first of [20, 22, 63, 128, 191]) {
      assert.equal(looksLikeStun(Buffer.alloc(40, first)), false);
    }
  });
});
