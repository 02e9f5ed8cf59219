import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AskedRounds, type Rounds } from '../../src/api/asked-rounds.js';
import { nextAsked, PACE } from '../../src/api/pace.js';

/** Rounds that end when they are told to. */
class FakeRounds implements Rounds {
  begun = 0;
  #running: Promise<void> | null = null;
  #end = () => {};

  readonly at = () => -Infinity;
  readonly bytes = () => 0;
  readonly running = () => this.#running;
  readonly run = (): Promise<void> => {
    this.begun += 1;
    this.#running = new Promise<void>((resolve) => {
      this.#end = () => {
        this.#running = null;
        resolve();
      };
    });
    return this.#running;
  };

  end(): void {
    this.#end();
  }
}

/** Lets what is due now happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('all who ask before a round begins share it, and who asks during it gets the next', async () => {
  const asked = new AskedRounds(PACE);
  const rounds = new FakeRounds();
  let answered = 0;
  const ask = () => void asked.next('c001', rounds).then(() => answered++);
  ask();
  ask();
  await settled();
  assert.equal(rounds.begun, 1);
  ask();
  await settled();
  assert.equal(answered, 0);
  rounds.end();
  await settled();
  assert.deepEqual([answered, rounds.begun], [2, 2]);
  rounds.end();
  await settled();
  assert.equal(answered, 3);
});

test('a round under way is no answer to who asks', async () => {
  const asked = new AskedRounds(PACE);
  const rounds = new FakeRounds();
  void rounds.run();
  const next = asked.next('c001', rounds);
  await settled();
  assert.equal(rounds.begun, 1);
  rounds.end();
  await settled();
  assert.equal(rounds.begun, 2);
  rounds.end();
  await next;
});

test('more rounds in a second than are allowed are not run', async () => {
  const asked = new AskedRounds({ ...PACE, askedPerSecond: 3 });
  const children = Array.from({ length: 20 }, () => new FakeRounds());
  for (const [at, rounds] of children.entries()) void asked.next(`c${at}`, rounds);
  await settled();
  const begun = children.reduce((sum, { begun }) => sum + begun, 0);
  // The clock may have come to its next second once.
  assert.ok(begun === 3 || begun === 6, `${begun}`);
});

test('what was seen before a change, and for a moment after it, is stale', () => {
  const asked = new AskedRounds(PACE);
  assert.ok(!asked.isStale('c001', 0));
  asked.stir('c001');
  const now = performance.now();
  assert.ok(asked.isStale('c001', now));
  assert.ok(!asked.isStale('c001', now + PACE.settleMs));
  assert.ok(!asked.isStale('c002', now));
  asked.forget('c001');
  assert.ok(!asked.isStale('c001', now));
});

test('long answers are asked for more rarely', () => {
  assert.equal(nextAsked(PACE, 1000), PACE.gapMs);
  assert.equal(nextAsked(PACE, 4_000_000), 2000);
});
