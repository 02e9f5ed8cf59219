import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { type Bearer, isSigned, signedFault, signToken } from '../../src/access/signed.js';
import { key } from '../helpers/stream-key.js';

const OLD = { id: 'old', secret: 'the secret of last year' };
const NEW = { id: 'new', secret: 'the secret of this year' };
const NOW = 1_800_000_000;
const CAM = key('__defaultVhost__/live/cam');
const PERMIT = { stream: CAM, role: 'play', expires: NOW + 60, address: null } as const;
const BEARER: Bearer = { stream: CAM, role: 'play', address: '192.0.2.1' };

function fault(token: string, bearer: Partial<Bearer> = {}, now = NOW, leeway = 60) {
  return signedFault(token, { ...BEARER, ...bearer }, [NEW, OLD], { now, leeway });
}

test('a token is good for its stream and role, from any address, as often as it is shown', () => {
  const token = signToken(PERMIT, NEW);
  assert.match(token, /^new\.1800000060\.any\.[\w-]{43}$/);
  for (const address of ['192.0.2.1', '192.0.2.1', '2001:db8::1']) {
    assert.equal(fault(token, { address }), null);
  }
  const wrong = 'it was not signed for this stream, role and address';
  assert.equal(fault(token, { stream: key('__defaultVhost__/live/other') }), wrong);
  assert.equal(fault(token, { stream: key('other.com/live/cam') }), wrong);
  assert.equal(fault(token, { role: 'publish' }), wrong);
});

test('one that names an address is good from there only', () => {
  const token = signToken({ ...PERMIT, address: '192.0.2.1' }, NEW);
  assert.equal(fault(token), null);
  assert.match(fault(token, { address: '192.0.2.2' }) ?? '', /not signed for this/);
  // Its scope is part of what is signed.
  assert.match(fault(token.replace('.ip.', '.any.')) ?? '', /not signed for this/);
});

test('it expires, and clocks may differ by the leeway', () => {
  const token = signToken(PERMIT, NEW);
  assert.equal(fault(token, {}, NOW + 120), null);
  assert.equal(fault(token, {}, NOW + 121), 'it expired 61 s ago');
  assert.equal(fault(token, {}, NOW + 61, 0), 'it expired 1 s ago');
  // The signer's clock is a minute ahead or behind.
  assert.equal(fault(signToken({ ...PERMIT, expires: NOW - 60 }, NEW)), null);
  const later = token.replace('1800000060', '1900000060');
  assert.match(fault(later) ?? '', /not signed for this/);
});

test('keys rotate: all that are configured are accepted, others not', () => {
  assert.equal(fault(signToken(PERMIT, OLD)), null);
  const gone = signToken(PERMIT, { id: 'gone', secret: OLD.secret });
  assert.equal(fault(gone), 'it names no key that is known here');
  const forged = signToken(PERMIT, { id: 'new', secret: 'a guess of sixteen' });
  assert.match(fault(forged) ?? '', /not signed for this/);
});

test('other texts are no signed tokens', () => {
  const token = signToken(PERMIT, NEW);
  for (const text of ['', 'x', `${token}x`, token.slice(1).replace('ew', ''), 'a.b.c', '..any.']) {
    assert.equal(isSigned(text), false, text);
  }
  assert.equal(isSigned(token), true);
});

test('another program can make one, as the document says', () => {
  const lines = ['srs-supervisor access 1', 'play', '__defaultVhost__/live/cam', '1800000060'];
  for (const [scope, address] of [
    ['any', ''],
    ['ip', '192.0.2.1'],
  ] as const) {
    const mac = createHmac('sha256', NEW.secret).update([...lines, address].join('\n'));
    assert.equal(fault(`new.1800000060.${scope}.${mac.digest('base64url')}`), null, scope);
  }
});
