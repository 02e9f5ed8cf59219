import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf } from '../../src/admin/guard.js';

const TOKEN = 'correct-horse-battery';
const NOBODY = { origin: undefined, authorization: undefined };

test('on loopback only loopback names are answered', () => {
  const status = (host: string | undefined) =>
    refusalOf({ token: null, loopback: true }, { ...NOBODY, host })?.status ?? 200;
  for (const host of ['localhost', 'LocalHost:12025', '127.0.0.1:1', '127.1.2.3', '[::1]:12025']) {
    assert.equal(status(host), 200, host);
  }
  for (const host of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
  ]) {
    assert.equal(status(host), 403, host);
  }
});

test("another site's page is refused, our own is not", () => {
  const status = (origin: string) =>
    refusalOf({ token: null, loopback: true }, { ...NOBODY, host: 'localhost:12025', origin })
      ?.status ?? 200;
  assert.equal(status('http://localhost:12025'), 200);
  for (const origin of ['http://localhost:8080', 'https://evil.example', 'null', '']) {
    assert.equal(status(origin), 403, origin);
  }
});

test('with a token, only its bearer is answered', () => {
  const status = (authorization: string | undefined) =>
    refusalOf(
      { token: TOKEN, loopback: false },
      { host: 'box.example', origin: undefined, authorization },
    )?.status ?? 200;
  assert.equal(status(`Bearer ${TOKEN}`), 200);
  assert.equal(status(`bearer ${TOKEN}`), 200);
  for (const given of [undefined, '', 'Bearer', 'Bearer x', TOKEN, `Basic ${TOKEN}`]) {
    assert.equal(status(given), 401, given);
  }
});
