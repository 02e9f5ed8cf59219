import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnswerHead } from '../../../src/protocol/http/answer.js';

const HEAD = 'HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 12\r\nServer: x\r\n\r\n';

test('the head of an answer: its status and the length of its body', () => {
  const bytes = Buffer.from(`${HEAD}{"code":0}\r\n`);
  const value = { status: 200, length: 12 };
  assert.deepEqual(parseAnswerHead(bytes), { kind: 'value', value, consumed: HEAD.length });
});

test('every part of a head is incomplete', () => {
  for (let length = 0; length < HEAD.length; length++) {
    assert.equal(parseAnswerHead(Buffer.from(HEAD.slice(0, length))).kind, 'incomplete');
  }
});

test('what has no status, no length or no end is invalid', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (const text of [chunked, 'ICY 200\r\ncontent-length: 1\r\n\r\n', 'x'.repeat(20_000)]) {
    assert.equal(parseAnswerHead(Buffer.from(text)).kind, 'invalid', text.slice(0, 40));
  }
});
