import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Route } from '../../../src/listener/route.js';
import { OfferTurns } from '../../../src/listener/webrtc/offer-turns.js';

const NEVER = new AbortController().signal;
const SLICE_MS = 100;
const LONG_MS = 10_000;

function routeTo(id: string, via?: Route['via']): Route {
  const way = via === undefined ? {} : { via };
  return { owner: { id, generation: 1 }, ...way } as Route;
}

const settled = () => new Promise(setImmediate);

/** Offers to one child, and what ends the answering of each. */
function offersTo(turns: OfferTurns, route: Route, count: number) {
  const answers: (() => void)[] = [];
  const results: (string | undefined)[] = [];
  for (let i = 0; i < count; i += 1) {
    const work = () => new Promise<void>((resolve) => answers.push(resolve));
    turns.run(route, NEVER, work).then(
      () => results.push('answered'),
      ({ status, failure }) => results.push(`${status} ${failure}`),
    );
  }
  return { answers, results };
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

test('a child answers four offers at a time, and others have turns of their own', async () => {
  const turns = new OfferTurns();
  const one = offersTo(turns, routeTo('c001'), 6);
  const other = offersTo(turns, routeTo('c002'), 1);
  const elsewhere = offersTo(turns, routeTo('c001', { box: 'b' } as unknown as Route['via']), 1);
  await settled();
  assert.deepEqual([one.answers.length, other.answers.length, elsewhere.answers.length], [4, 1, 1]);
  one.answers[1]?.();
  await settled();
  assert.equal(one.answers.length, 5);
  assert.deepEqual(one.results, ['answered']);
});

test('an offer whose child waits for a hook holds no other one up', async () => {
  const { answers } = offersTo(new OfferTurns(), routeTo('c001'), 6);
  await settled();
  mock.timers.tick(SLICE_MS);
  await settled();
  assert.equal(answers.length, 6);
});

test('an offer that gets no turn within ten seconds is refused as full', async () => {
  const { answers, results } = offersTo(new OfferTurns(), routeTo('c001'), 500);
  for (let ms = 0; ms < LONG_MS; ms += SLICE_MS) {
    await settled();
    mock.timers.tick(SLICE_MS);
  }
  await settled();
  assert.equal(answers.length + results.length, 500);
  assert.ok(answers.length >= 400);
  assert.deepEqual([...new Set(results)], ['503 full']);
});

test('a failed offer ends its turn, and one whose client leaves waits no longer', async () => {
  const turns = new OfferTurns();
  const route = routeTo('c001');
  for (let i = 0; i < 5; i += 1) {
    await assert.rejects(
      turns.run(route, NEVER, () => Promise.reject(new Error('gone'))),
      /gone/,
    );
  }
  offersTo(turns, route, 4);
  const client = new AbortController();
  const left = turns.run(route, client.signal, async () => {});
  client.abort(new Error('the client has left'));
  await assert.rejects(left, /the client has left/);
});
