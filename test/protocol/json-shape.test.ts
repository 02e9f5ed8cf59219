import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFault } from '../../src/protocol/json-shape.js';

const BOUNDS = { depth: 3, bytesEach: 24 };
const fault = (text: string) => jsonFault(text, BOUNDS);

test('takes what SRS says', () => {
  const kbps = { recv_30s: 0, send_30s: 0 };
  const row = { id: 'vid-1234567', name: 'livestream', vhost: 'vid-7654321', app: 'live', kbps };
  const streams = Array.from({ length: 5000 }, () => row);
  assert.equal(jsonFault(JSON.stringify({ code: 0, streams }), { depth: 16, bytesEach: 24 }), null);
});

test('refuses what is deep', () => {
  assert.equal(fault('[[[]]]'), null);
  assert.equal(fault('[[[]],{"a":{}}]'), null);
  assert.equal(fault('[[[[]]]]'), 'its JSON is nested deeper than 3');
  assert.equal(fault('['.repeat(5e6)), 'its JSON is nested deeper than 3');
});

test('refuses a crowd of empty objects', () => {
  const crowd = (count: number) => `[${'{},'.repeat(count)}1]`;
  assert.equal(fault(crowd(900)), null);
  assert.equal(fault(crowd(5000)), 'its JSON has too many objects for its length');
});

test('what stands in a string is text', () => {
  for (const text of ['"[[[[[["', '"\\"[[[[["', '["\\\\",[["{{{{"]]]', '"[[[[[[[', '"\\']) {
    assert.equal(fault(text), null, text);
  }
  assert.notEqual(fault('["\\\\",[[[["]]]'), null);
});
