import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cookieOf, isCookieOf } from '../../../src/protocol/srt/cookie.js';

const secret = '7'.repeat(64);
const sender = { ip: '192.0.2.1', port: 5000 };

describe('SRT cookies', () => {
  it('are good for the address that got them, for half a minute at least', () => {
    const cookie = cookieOf(secret, sender, 1_000_000);
    assert.ok(isCookieOf(cookie, secret, sender, 1_000_000));
    assert.ok(isCookieOf(cookie, secret, sender, 1_030_000));
    assert.ok(!isCookieOf(cookie, secret, sender, 1_061_000));
  });

  it('are good on a box whose clock is behind by as much', () => {
    const cookie = cookieOf(secret, sender, 1_000_000);
    assert.ok(isCookieOf(cookie, secret, sender, 970_000));
    assert.ok(!isCookieOf(cookie, secret, sender, 929_000));
  });

  it('are good for nobody else', () => {
    const cookie = cookieOf(secret, sender, 0);
    assert.ok(!isCookieOf(cookie, secret, { ...sender, port: 5001 }, 0));
    assert.ok(!isCookieOf(cookie, secret, { ...sender, ip: '192.0.2.2' }, 0));
    assert.ok(!isCookieOf(cookie, '8'.repeat(64), sender, 0));
    assert.ok(!isCookieOf(0, secret, sender, 0));
  });
});
