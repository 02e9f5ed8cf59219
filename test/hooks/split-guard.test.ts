import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Publication } from '../../src/hooks/publishers.js';
import { SplitGuard } from '../../src/hooks/split-guard.js';

const OWNER = { id: 'c001', generation: 2 };
const of = (clientId: string, stream = 'v/live/s'): Publication => ({
  ...{ stream, owner: OWNER, clientId, streamId: 'vid-1' },
});

function setUp() {
  const kicked: string[] = [];
  const clock = { now: 1000 };
  const kick = async ({ clientId }: Publication) => void kicked.push(clientId);
  return { guard: new SplitGuard({ kick, clock: () => clock.now }), kicked, clock };
}

test('a publisher whose source is kept is let in', () => {
  const { guard, kicked } = setUp();
  const one = of('a');
  guard.begin(one);
  assert.equal(guard.letIn(one), true);
  assert.deepEqual(kicked, []);
});

test('a source lost while the hook is asked sends the publisher away, once', async () => {
  const { guard, kicked } = setUp();
  for (const expected of [false, true]) {
    const one = of(`${expected}`);
    guard.begin(one);
    await guard.lost(OWNER, '');
    assert.equal(guard.letIn(one), expected);
  }
  assert.deepEqual(kicked, []);
});

test('one lost just before the hook came, or just after the answer, counts too', async () => {
  const { guard, kicked, clock } = setUp();
  await guard.lost(OWNER, '');
  clock.now += 50;
  const early = of('early', 'v/live/early');
  guard.begin(early);
  assert.equal(guard.letIn(early), false);
  clock.now += 1000;
  const late = of('late', 'v/live/late');
  guard.begin(late);
  assert.equal(guard.letIn(late), true);
  clock.now += 50;
  await guard.lost(OWNER, '');
  assert.deepEqual(kicked, ['late']);
});

test('what happens at another time, to another stream or child, does not count', async () => {
  const { guard, kicked, clock } = setUp();
  const old = of('old');
  guard.begin(old);
  assert.equal(guard.letIn(old), true);
  clock.now += 1000;
  const other = of('other', 'v/live/other');
  guard.begin(other);
  await guard.lost(OWNER, 'old');
  await guard.lost(OWNER, 'a stranger');
  await guard.lost({ id: 'c002', generation: 2 }, '');
  await guard.lost({ id: 'c001', generation: 1 }, '');
  assert.equal(guard.letIn(other), true);
  assert.deepEqual(kicked, []);
});

test('a source that was published before is known by its last publisher', async () => {
  const { guard, clock } = setUp();
  const first = of('first');
  guard.begin(first);
  assert.equal(guard.letIn(first), true);
  clock.now += 5000;
  const again = of('again');
  guard.begin(again);
  await guard.lost(OWNER, 'first');
  assert.equal(guard.letIn(again), false);
});
