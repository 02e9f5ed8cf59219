import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildHop, readHop } from '../../../src/protocol/peer/hop.js';

const SECRET = 'a-secret-of-some-length';
const TARGET = '/rtc/v1/whip/?app=live&stream=x';
const NOW = 1_700_000_000_000;

test('a hop tells the client, for this request and a moment only', () => {
  const hop = buildHop({ ip: '2001:db8::1', at: NOW }, TARGET, SECRET);
  assert.equal(readHop(hop, TARGET, SECRET, NOW + 1000), '2001:db8::1');
  assert.equal(readHop(hop, TARGET, SECRET, NOW + 60_000), null);
  assert.equal(readHop(hop, `${TARGET}&more`, SECRET, NOW), null);
  assert.equal(readHop(hop, TARGET, 'another-secret-as-long', NOW), null);
  assert.equal(readHop(hop.replace('db8', 'db9'), TARGET, SECRET, NOW), null);
  for (const text of ['', 'x', 'a b c', '  '])
    assert.equal(readHop(text, TARGET, SECRET, NOW), null);
});
