import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unforeseen } from '../../src/cli/unforeseen.js';
import { recordLog } from '../helpers/log-lines.js';

function made() {
  const { logger, lines } = recordLog('info');
  return { unforeseen: new Unforeseen(logger), lines };
}

test('an error is logged with its stack, and again a minute later with a count', () => {
  const { unforeseen, lines } = made();
  const error = new Error('boom');
  for (let at = 0; at < 59_000; at += 1000) unforeseen.take(error, 'uncaughtException', at);
  assert.equal(lines.length, 1);
  assert.match(String(lines[0]?.stack), /^Error: boom\n +at .*unforeseen\.test/);
  unforeseen.take(error, 'uncaughtException', 60_000);
  assert.equal(lines.length, 2);
  assert.equal(lines[1]?.repeated, 58);
  assert.equal(unforeseen.count, 60);
});

test('kinds have lines of their own, as many as there is room for', () => {
  const { unforeseen, lines } = made();
  for (let kind = 0; kind < 200; kind++) {
    const error = Object.assign(new Error('same text'), { code: `E${kind}` });
    unforeseen.take(error, 'unhandledRejection', 0);
  }
  assert.equal(lines.length, 65);
  assert.equal(unforeseen.count, 200);
});

test('anything may be thrown', () => {
  const { unforeseen, lines } = made();
  for (const thrown of [null, undefined, 'text', 7, {}]) unforeseen.take(thrown, 'how', 0);
  assert.equal(unforeseen.count, 5);
  assert.equal(lines[0]?.stack, 'null');
});
