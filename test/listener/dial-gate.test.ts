import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DialGates } from '../../src/listener/dial-gate.js';

const NEVER = new AbortController().signal;

test('a child takes eight at a time, in the order of their coming', async () => {
  const gates = new DialGates();
  const come: number[] = [];
  const dones: (() => void)[] = [];
  for (let i = 0; i < 20; i += 1) {
    void gates.turn('c001', NEVER).then((done) => {
      come.push(i);
      dones.push(done);
    });
  }
  await new Promise(setImmediate);
  assert.equal(come.length, 8);
  // Another child's are not held up by that.
  (await gates.turn('c002', NEVER))();
  for (let ended = 0; ended < 20; ended += 1) {
    dones[ended]?.();
    await new Promise(setImmediate);
  }
  assert.deepEqual(
    come,
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test('who leaves the queue holds nobody up', async () => {
  const gates = new DialGates();
  const dones = await Promise.all(Array.from({ length: 8 }, () => gates.turn('c001', NEVER)));
  const leaving = new AbortController();
  const gone = gates.turn('c001', leaving.signal);
  const next = gates.turn('c001', NEVER);
  leaving.abort(new Error('it has left'));
  await assert.rejects(gone, /it has left/);
  dones[0]?.();
  (await next)();
  for (const done of dones.slice(1)) done();
});

test('it can be waited for that those are through whose turn it is, but not for ever', async () => {
  const gates = new DialGates();
  await gates.settled('c001', 60_000);
  const dones = await Promise.all([gates.turn('c001', NEVER), gates.turn('c001', NEVER)]);
  let isSettled = false;
  const settled = gates.settled('c001', 60_000).then(() => {
    isSettled = true;
  });
  dones[0]?.();
  await new Promise(setImmediate);
  assert.equal(isSettled, false);
  await gates.settled('c001', 1);
  dones[1]?.();
  await settled;
});
