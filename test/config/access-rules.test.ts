import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessRules, signingKeys } from '../../src/config/access-rules.js';

test('rules are read from YAML or JSON, with what they leave out', () => {
  const side = { allow: [], deny: [], token: 'off' };
  const written = [
    { app: 'live', publish: { allow: ['10.0.0.0/8', '::1'] }, play: { token: 'signed' } },
    { vhost: '*', publish: { token: false } },
  ];
  const expected = [
    {
      ...{ vhost: null, app: 'live' },
      publish: { ...side, allow: ['10.0.0.0/8', '::1'] },
      play: { ...side, token: 'signed' },
    },
    { vhost: null, app: null, publish: side, play: null },
  ];
  assert.deepEqual(accessRules.read(written), expected);
  assert.deepEqual(accessRules.read(JSON.stringify(written)), expected);
  assert.deepEqual(accessRules.read([]), []);
});

test('rules that would not do what they say are refused', () => {
  for (const raw of [
    {},
    'live',
    null,
    [{ app: 'live', plays: {} }],
    [{ app: 'li*e' }],
    [{ publish: { allow: ['10.0.0.0/33'] } }],
    [{ publish: { allow: '10.0.0.1' } }],
    [{ publish: { token: 'on' } }],
    [{ publish: { tokens: 'signed' } }],
  ]) {
    assert.equal(accessRules.read(raw), undefined, JSON.stringify(raw));
  }
});

test('keys are read from a list, a variable, or the lines of a file', () => {
  const keys = [
    { id: 'k2', secret: 'a-secret-of-22-letters' },
    { id: 'k1', secret: 'another:secret=of+some' },
  ];
  const texts = keys.map(({ id, secret }) => `${id}:${secret}`);
  for (const raw of [texts, texts.join(','), texts.join('\n'), texts.join(', ')]) {
    assert.deepEqual(signingKeys.read(raw), keys);
  }
  assert.deepEqual(signingKeys.read([]), []);
  for (const raw of ['k1:short', ['no-id-but-long-enough'], [texts[0], texts[0]], { k1: 'x' }, 7]) {
    assert.equal(signingKeys.read(raw), undefined, JSON.stringify(raw));
  }
});
