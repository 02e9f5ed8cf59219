import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopClock, STOOD_MS } from '../../src/clock/loop.js';

/** A clock that the test moves, and the loop's ticks with it. */
function clockAt(start: number) {
  let now = start;
  const loop = new LoopClock(() => now);
  const stood: number[] = [];
  loop.on('stood', (ms) => stood.push(ms));
  void loop.start();
  return {
    loop,
    stood,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('a loop in time is never late', (t) => {
  const { loop, stood, pass } = clockAt(5000);
  t.after(() => loop.close());
  for (let i = 0; i < 50; i++) {
    pass(200);
    loop.tick();
  }
  assert.equal(loop.lateSince(0), 0);
  assert.equal(loop.stoodWithin(60_000), false);
  assert.deepEqual(stood, []);
});

test('it knows how late it was in any window, also while it still is', (t) => {
  const { loop, stood, pass } = clockAt(0);
  t.after(() => loop.close());
  pass(800);
  assert.equal(loop.lateSince(0), 600);
  loop.tick();
  assert.equal(loop.lateSince(0), 600);
  pass(200);
  loop.tick();
  assert.equal(loop.lateSince(800), 600);
  assert.equal(loop.lateSince(801), 0);
  assert.deepEqual(stood, []);
});

test('who stood still is told once, and asked for a while', (t) => {
  const { loop, stood, pass } = clockAt(0);
  t.after(() => loop.close());
  pass(20_200);
  assert.equal(loop.stoodWithin(1000), true);
  loop.tick();
  loop.tick();
  assert.deepEqual(stood, [20_000]);
  pass(900);
  assert.equal(loop.stoodWithin(1000), true);
  pass(200);
  loop.tick();
  assert.equal(loop.stoodWithin(1000), false);
  pass(STOOD_MS + 199);
  loop.tick();
  assert.deepEqual(stood, [20_000]);
});

test('one that is closed is late for nobody', () => {
  const { loop, pass } = clockAt(0);
  void loop.close();
  pass(10_000);
  assert.equal(loop.lateSince(0), 0);
});

test('it runs by itself', async (t) => {
  const loop = new LoopClock();
  t.after(() => loop.close());
  await loop.start();
  const since = performance.now();
  const stood = new Promise<number>((resolve) => loop.once('stood', resolve));
  while (performance.now() - since < STOOD_MS + 500);
  assert.ok((await stood) >= STOOD_MS);
  assert.ok(loop.lateSince(since) >= STOOD_MS);
});
