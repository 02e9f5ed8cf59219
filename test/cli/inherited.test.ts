import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orGoBack } from '../../src/cli/inherited.js';
import { until } from '../helpers/until.js';

/** Holds what another program has left, for as long as it can be brought back. */
class Left {
  readonly reasons: string[] = [];
  canGoBack = true;

  async goBack(reason: string): Promise<string> {
    this.reasons.push(reason);
    this.canGoBack = false;
    return new Promise(() => {});
  }
}

test('a program that hangs while it takes over brings the one before back', async () => {
  const left = new Left();
  void orGoBack(left, () => new Promise(() => {}), 20);
  await until('it is brought back', () => left.reasons.length > 0);
  assert.deepEqual(left.reasons, ['it has not taken all over after 0.02 s']);
});

test('one that fails does so with the first line of its reason, and one that works does not', async () => {
  const left = new Left();
  const failing = async () => {
    throw new Error('no port\nand more');
  };
  void orGoBack(left, failing);
  await until('it is brought back', () => left.reasons.length > 0);
  assert.deepEqual(left.reasons, ['no port']);
  const done = new Left();
  await orGoBack(done, async () => {}, 20);
  await orGoBack(null, async () => {});
  assert.deepEqual(done.reasons, []);
});

test('a failure behind the end of the takeover ends the program itself', async () => {
  const left = new Left();
  const late = async () => {
    left.canGoBack = false;
    throw new Error('the port is lost');
  };
  await assert.rejects(orGoBack(left, late), /the port is lost/);
  assert.deepEqual(left.reasons, []);
});
