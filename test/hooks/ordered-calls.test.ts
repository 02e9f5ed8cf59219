import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OrderedCalls } from '../../src/hooks/ordered-calls.js';

const KEYS = 100_000;
/** Less than a kept entry each would come to: 100 bytes or more. */
const MOST_BYTES = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Work that ends when it is told to. */
function workOf(log: string[], name: string): { work: () => Promise<void>; end: () => void } {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
  };
  return { work, end };
}

test('the work of one key is done in its order, and nobody else waits for it', async () => {
  const turns = new OrderedCalls();
  const log: string[] = [];
  const [first, second, other] = ['1', '2', 'x'].map((name) => workOf(log, name));
  assert.ok(first && second && other);
  turns.add('a', first.work);
  turns.add('a', second.work);
  turns.add('b', other.work);
  second.end();
  other.end();
  await turns.idle('b', new AbortController().signal);
  assert.deepEqual(log, ['1 begins', 'x begins', 'x ends']);
  first.end();
  await turns.idle('a', new AbortController().signal);
  assert.deepEqual(log.slice(3), ['1 ends', '2 begins', '2 ends']);
});

test('too much work for one key is refused, and whoever gives up does not wait', async () => {
  const turns = new OrderedCalls();
  const { work, end } = workOf([], '1');
  let taken = 0;
  while (taken < 1000 && turns.add('a', work)) taken++;
  assert.ok(taken > 10 && taken < 1000);
  const gone = new AbortController();
  const waiting = turns.idle('a', gone.signal);
  gone.abort();
  await waiting;
  end();
  await turns.idle('a', new AbortController().signal);
  assert.ok(turns.add('a', work));
});

test('keys whose tasks are done leave nothing behind', async () => {
  const turns = new OrderedCalls();
  const run = async (from: number) => {
    for (let i = from; i < from + KEYS; i++) turns.add(`key ${i} `.repeat(4), async () => {});
    await tick();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await run(0);
  const grown = (await run(KEYS)) - before;
  assert.ok(grown < MOST_BYTES, `${grown} bytes more after ${KEYS} keys`);
});
