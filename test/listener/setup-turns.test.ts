import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { SetupTurns } from '../../src/listener/setup-turns.js';

const LONG_MS = 10_000;
const SLICE_MS = 50;
/** Turns of one address, with one child. */
const AT_ONCE = 16;

const NEVER = new AbortController().signal;
const NAT = { ip: '192.0.2.1', signal: NEVER };
const OTHER = { ip: '192.0.2.2', signal: NEVER };

/** Begins that many set-ups of one address; returns those whose turn has come. */
function begin(turns: SetupTurns, count: number): (() => void)[] {
  const begun: (() => void)[] = [];
  for (let i = 0; i < count; i += 1) {
    turns.begin(NAT).then(
      (end) => begun.push(end),
      () => {},
    );
  }
  return begun;
}

const settled = () => new Promise(setImmediate);

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('an address has eight set-ups a child under way, and sixteen at least', async () => {
  for (const [children, atOnce] of [
    [0, 16],
    [1, 16],
    [2, 16],
    [3, 24],
    [100, 800],
  ] as const) {
    const begun = begin(new SetupTurns(() => children), 900);
    await settled();
    assert.equal(begun.length, atOnce, `${children} children`);
  }
});

test('the next one begins when one has ended, and other addresses do not wait', async () => {
  const turns = new SetupTurns(() => 1);
  const begun = begin(turns, 18);
  await settled();
  assert.equal(begun.length, AT_ONCE);
  (await turns.begin(OTHER))();
  begun[0]?.();
  begun[0]?.();
  await settled();
  assert.equal(begun.length, AT_ONCE + 1, 'a turn ends once');
});

test('a set-up that waits for a hook is not waited for', async () => {
  const begun = begin(new SetupTurns(() => 1), 18);
  await settled();
  mock.timers.tick(SLICE_MS - 1);
  await settled();
  assert.equal(begun.length, AT_ONCE);
  mock.timers.tick(1);
  await settled();
  assert.equal(begun.length, 18);
});

test('a client that leaves gives up its place', async () => {
  const turns = new SetupTurns(() => 1);
  const begun = begin(turns, AT_ONCE);
  const leaving = new AbortController();
  const gone = turns.begin({ ip: NAT.ip, signal: leaving.signal });
  const next = turns.begin(NAT);
  leaving.abort(new Error('it has left'));
  await assert.rejects(gone, /it has left/);
  begun[0]?.();
  (await next)();
});

test('a wait without end is refused', async () => {
  const turns = new SetupTurns(() => 1);
  // Each turn is given at once to one that has come before.
  const earlier = begin(turns, AT_ONCE * (1 + LONG_MS / SLICE_MS));
  const late = turns.begin(NAT);
  const refused = assert.rejects(late, { failure: 'full', message: /no turn within 10 s/ });
  for (let ms = 0; ms < LONG_MS; ms += SLICE_MS) {
    mock.timers.tick(SLICE_MS);
    await settled();
  }
  await refused;
  assert.ok(earlier.length > AT_ONCE);
});
