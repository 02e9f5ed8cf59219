import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildAnswer,
  buildQuestion,
  isYes,
  parseQuestion,
} from '../../../src/protocol/srt/peer-question.js';

test('a box asks another for a connection by socket id and address', () => {
  for (const name of [
    { socketId: 4_294_967_295, ip: '10.0.0.7' },
    { socketId: 1, ip: '2001:db8::7' },
  ]) {
    assert.deepEqual(parseQuestion(buildQuestion(name)), name);
  }
  assert.equal(buildQuestion({ socketId: 7, ip: '10.0.0.7' }), 'SRT 7 10.0.0.7');
});

test('questions of another kind are none of SRT', () => {
  for (const text of ['', 'GET /api/v1/streams', 'SRTX 7 10.0.0.7']) {
    assert.equal(parseQuestion(text), null, text);
  }
});

test('an answer that is not yes is no', () => {
  assert.equal(isYes(buildAnswer(true)), true);
  for (const answer of [buildAnswer(false), null, '', '{"code":100}']) {
    assert.equal(isYes(answer), false);
  }
});
