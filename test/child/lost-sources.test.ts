import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LostSources } from '../../src/child/lost-sources.js';

const line = (id: string) =>
  `[2026-11-23 03:59:26.307][INFO][16243][h730v302] Live: cleanup die source, id=[${id}], total=3\n`;
const OTHER = '[2026-11-23 03:59:26.307][INFO][16243][h730v302] client finished.\n';

test('sources that a child forgets are found by their last publisher', () => {
  const log = new LostSources();
  assert.deepEqual(log.feed(Buffer.from(OTHER + line('6u1t46a9') + OTHER + line(''))), [
    '6u1t46a9',
    '',
  ]);
  assert.deepEqual(log.feed(Buffer.from(OTHER)), []);
});

test('however the log is cut', () => {
  const text = Buffer.from(OTHER + line('abc') + OTHER + line(''));
  for (let at = 0; at <= text.length; at++) {
    const log = new LostSources();
    const found = [...log.feed(text.subarray(0, at)), ...log.feed(text.subarray(at))];
    assert.deepEqual(found, ['abc', ''], `cut at ${at}`);
  }
});

test('a line without an end is not kept for ever', () => {
  const log = new LostSources();
  for (let i = 0; i < 100; i++) assert.deepEqual(log.feed(Buffer.alloc(10_000, 'x')), []);
  assert.deepEqual(log.feed(Buffer.from(`\n${line('a')}`)), ['a']);
});
