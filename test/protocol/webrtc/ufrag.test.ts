import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeUfrag,
  encodeUfrag,
  isSealed,
  sealedNonce,
} from '../../../src/protocol/webrtc/ufrag.js';
import { MAX_ORIGINS } from '../../../src/unmanaged/places.js';

const ICE_CHARS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];
const word = (size: number, chars: readonly string[]) =>
  fc.string({ unit: fc.constantFrom(...chars), minLength: size, maxLength: size });
const child = fc.oneof(
  fc.integer({ min: 1, max: 1000 }).map((n) => `c${String(n).padStart(3, '0')}`),
  fc.integer({ min: 1, max: MAX_ORIGINS }).map((n) => `o${String(n).padStart(3, '0')}`),
);
const parts = fc
  .tuple(word(4, ICE_CHARS), child, word(16, [...ICE_CHARS, '+', '/']))
  .map(([box, child, nonce]) => ({ box, child, nonce }));

describe('ufrag', () => {
  it('says again what it was made of, within what SRS and ICE take', () => {
    fc.assert(
      fc.property(parts, (value) => {
        const ufrag = encodeUfrag(value);
        assert.match(ufrag, /^[a-zA-Z\d+/]{4,32}$/);
        assert.deepEqual(decodeUfrag(ufrag), value);
      }),
    );
  });

  it("knows that a fragment is not ours: SRS's, a browser's, any text", () => {
    for (const ufrag of ['', '04a2x9k1', '4ZcD', 'c07abcdef', 'Sbox101']) {
      assert.equal(decodeUfrag(ufrag), null);
    }
    fc.assert(fc.property(fc.string(), (text) => decodeUfrag(text) === null));
  });

  it('is sealed by those who share a secret, for one box and child', () => {
    const of = { box: 'box1', child: 'c001' };
    const random = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(random, (bytes) => {
        const sealed = { ...of, nonce: sealedNonce(of, Buffer.from(bytes), 'secret') };
        assert.deepEqual(decodeUfrag(encodeUfrag(sealed)), sealed);
        assert.ok(isSealed(sealed, 'secret'));
        assert.ok(!isSealed(sealed, 'another'));
        assert.ok(!isSealed({ ...sealed, box: 'box2' }, 'secret'));
        assert.ok(!isSealed({ ...sealed, child: 'c002' }, 'secret'));
      }),
    );
  });

  it('refuses parts that it could not tell apart again', () => {
    const good = { box: 'box1', child: 'c001', nonce: 'n'.repeat(16) };
    for (const bad of [
      { box: 'box' },
      { child: 'c1001' },
      { child: 'o999' },
      { child: 'x' },
      { nonce: 'n' },
    ]) {
      assert.throws(() => encodeUfrag({ ...good, ...bad }), RangeError);
    }
  });
});
