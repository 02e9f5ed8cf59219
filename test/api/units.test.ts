import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowed } from '../../src/api/auth.js';
import { ClientIds } from '../../src/api/client-ids.js';
import { Ledger } from '../../src/api/ledger.js';
import { matchPath } from '../../src/api/mux.js';
import { nextRound, PACE } from '../../src/api/pace.js';

test('an id that two children gave is the first one’s, and both are found', () => {
  const ids = new ClientIds();
  ids.replace('c002', ['a', 'b']);
  ids.replace('c001', ['b', 'c']);
  assert.equal(ids.publicId({ child: 'c001', id: 'b' }), 'b');
  assert.equal(ids.publicId({ child: 'c002', id: 'b' }), 'b-c002');
  assert.deepEqual(ids.find('b'), { child: 'c001', id: 'b' });
  assert.deepEqual(ids.find('b-c002'), { child: 'c002', id: 'b' });
  assert.deepEqual(ids.find('a'), { child: 'c002', id: 'a' });
  assert.equal(ids.find('c-c002'), null);
  ids.replace('o001', ['b']);
  assert.deepEqual(ids.find(ids.publicId({ child: 'o001', id: 'b' })), { child: 'o001', id: 'b' });
  ids.replace('o001', []);
  ids.replace('c001', []);
  assert.equal(ids.publicId({ child: 'c002', id: 'b' }), 'b');
  ids.replace('c002', []);
  assert.deepEqual(
    ['a', 'b', 'b-c002'].map((id) => ids.find(id)),
    [null, null, null],
  );
});

test('a client that was noted counts until the next list', () => {
  const ids = new ClientIds();
  ids.note({ child: 'c001', id: 'n' });
  ids.note({ child: 'c001', id: 'n' });
  assert.deepEqual(ids.find('n'), { child: 'c001', id: 'n' });
  ids.replace('c001', ['m']);
  assert.equal(ids.find('n'), null);
  assert.deepEqual(ids.find('m'), { child: 'c001', id: 'm' });
});

test('a client that users know by another id has that id, for as long as it is here', (t) => {
  t.mock.method(performance, 'now', () => now);
  let now = 0;
  const ids = new ClientIds();
  const client = { child: 'c001', id: 'own' };
  ids.name(client, 'known');
  assert.deepEqual(ids.find('known'), client);
  assert.equal(ids.publicId(client), 'known');
  // A list that was asked for before it came.
  ids.replace('c001', []);
  assert.deepEqual(ids.find('known'), client);
  now = 60_000;
  ids.replace('c001', ['own', 'other']);
  assert.equal(ids.publicId(client), 'known');
  assert.equal(ids.publicId({ child: 'c001', id: 'other' }), 'other');
  ids.replace('c001', ['other']);
  assert.equal(ids.find('known'), null);
  assert.equal(ids.publicId(client), 'own');
});

test('counters outlive the child that counted', () => {
  const ledger = new Ledger();
  ledger.note('c001', 1, new Map([['bytes', 10]]));
  ledger.note('c002', 1, new Map([['bytes', 5]]));
  ledger.note('c001', 1, new Map([['bytes', 12]]));
  ledger.note('c001', 2, new Map([['bytes', 1]]));
  ledger.note('c001', 1, new Map([['bytes', 99]]));
  assert.equal(ledger.totals().get('bytes'), 18);
});

test('a path goes to the longest pattern that fits', () => {
  const patterns = ['/', '/api/', '/api/v1/', '/api/v1/streams/', '/metrics'];
  const expected = {
    '/metrics': '/metrics',
    '/metrics/': '/',
    '/api/v1/streams/x/y': '/api/v1/streams/',
    '/api/v1/streams': '/api/v1/',
    '/api/v2': '/api/',
    '': '/',
  };
  for (const [path, pattern] of Object.entries(expected)) {
    assert.equal(matchPath(patterns, path), pattern, path);
  }
});

test('a password is asked for where SRS asks', () => {
  const expected = `Basic ${Buffer.from('a:b').toString('base64')}`;
  assert.ok(isAllowed('/api/v1/', undefined, null));
  assert.ok(isAllowed('/metrics', undefined, expected));
  assert.ok(!isAllowed('/x/api/y', undefined, expected));
  assert.ok(!isAllowed('/api/', expected.slice(0, -1), expected));
  assert.ok(isAllowed('/api/', expected, expected));
});

test('rounds grow rarer with children and with the length of what they say', () => {
  assert.equal(nextRound(PACE, 8, 1000), PACE.everyMs);
  assert.equal(nextRound(PACE, 500, 1000), 10_000);
  assert.equal(nextRound(PACE, 8, 300_000), 10_000);
  assert.equal(nextRound(PACE, 8, 1e9), PACE.slowestMs);
});
