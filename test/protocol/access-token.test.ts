import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenIn, tokenOf } from '../../src/protocol/access-token.js';

test('a token is found in the parameters of each protocol', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['', null],
    ['?', null],
    ['?a=1&token=k.1.any.m-_', 'k.1.any.m-_'],
    ['token=abc', 'abc'],
    ['?token=abc&b=2', 'abc'],
    ['?vhost=x,token=abc', 'abc'],
    ['?token=&b=2', null],
    ['?mytoken=abc', null],
    ['?token=abc#part', 'abc'],
    // SRT stream ids.
    ['#!::r=live/cam,m=publish,token=abc', 'abc'],
    ['#!::token=abc,r=live/cam', 'abc'],
    ['live/cam?token=abc', 'abc'],
    ['#!::h=host/live/cam?token=abc,m=request', 'abc'],
    [`?token=${'x'.repeat(8193)}`, null],
  ];
  for (const [text, expected] of table) assert.equal(tokenIn(text), expected, text);
});

test('the query of a request comes before its header', () => {
  assert.equal(tokenOf('token=a', 'Bearer b'), 'a');
  assert.equal(tokenOf('', 'Bearer b'), 'b');
  assert.equal(tokenOf('', 'Basic b'), null);
  assert.equal(tokenOf(''), null);
});
