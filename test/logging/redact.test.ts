import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redactor, redact, redactWord, secretsInUrl } from '../../src/logging/redact.js';

test('logins of URLs and tokens among parameters are hidden, and nothing else', () => {
  for (const [text, shown] of [
    ['redis://:pw@h:1/0', 'redis://***@h:1/0'],
    ['redis+sentinel://me:p%40w@a:1,b:2/name', 'redis+sentinel://***@a:1,b:2/name'],
    ['at http://u:a@b@h/x?y=1 and //v:w@h', 'at http://***@h/x?y=1 and //***@h'],
    ['http://h/x?a=1&token=abc&b=2', 'http://h/x?a=1&token=***&b=2'],
    ['live/s?wsSecret=1,2&wsTime=3', 'live/s?wsSecret=***,2&wsTime=3'],
    ['#!::r=live/s,m=publish,pass=abc', '#!::r=live/s,m=publish,pass=***'],
    ['{"url":"http://h/?auth_key=a\\"b"}', '{"url":"http://h/?auth_key=***\\"b"}'],
    ['http://h/a@b?c=d@e', 'http://h/a@b?c=d@e'],
    ['key=listen.rtmp tokens=3', 'key=listen.rtmp tokens=3'],
  ] as const) {
    assert.equal(redact(text), shown);
  }
});

test('an argument is hidden to its last @, however badly it is written', () => {
  assert.equal(redactWord('--registry=redis://:a /?#"@b@h:1'), '--registry=redis://***@h:1');
  assert.equal(redactWord('a@b'), 'a@b');
});

test('what was learnt is hidden wherever it stands, in every way of writing it', () => {
  const redactor = new Redactor();
  redactor.learn(['quo"te sl/ash', null, undefined, '', 'short']);
  for (const text of ['quo"te sl/ash', 'quo%22te%20sl%2Fash', JSON.stringify('quo"te sl/ash')]) {
    assert.match(redactor.hide(`<${text}>`), /^<"?\*\*\*"?>$/);
  }
  assert.equal(redactor.hide('short'), 'short');
  assert.equal(redactor.hideKnown('http://h/?token=abc'), 'http://h/?token=abc');
});

test('the secrets of a URL are its password and its tokens', () => {
  assert.deepEqual(
    secretsInUrl('http://me:p%40w@h/x?action=publish&token=abc&id=0123456789abcdef'),
    ['p%40w', 'p@w', 'abc', '0123456789abcdef'],
  );
  assert.deepEqual(secretsInUrl('memory').join(''), '');
  assert.deepEqual(secretsInUrl('redis://:%@h').join(''), '%%');
});

test('a line of slashes and separators takes no more steps than it is long', () => {
  for (const unit of ['/', '//', '@', '//@', '?', '&key', '&a=', '?pass', 'key=']) {
    const text = unit.repeat(1_000_000 / unit.length);
    assert.ok(redact(text).length >= text.length / 2);
  }
});
