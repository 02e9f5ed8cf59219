import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardedPrefix } from '../../../src/protocol/http/forwarded.js';

test('a stripped prefix is a path, and nothing that leads elsewhere', () => {
  assert.equal(forwardedPrefix('/tv'), '/tv');
  assert.equal(forwardedPrefix('/tv/live/'), '/tv/live');
  for (const bad of ['', '/', 'tv', '//evil.example', '/a//b', '/a, /b', '/a?b', '/a\r\nb: c']) {
    assert.equal(forwardedPrefix(bad), '', bad);
  }
  assert.equal(forwardedPrefix(undefined), '');
  assert.equal(forwardedPrefix('/a'.repeat(1000)), '');
});
