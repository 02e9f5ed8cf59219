import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { StartWave } from '../../src/child/start-wave.js';
import { recordLog } from '../helpers/log-lines.js';

/** A child whose start ends when the test says so. */
class FakeChild {
  readonly id: string;
  state = 'starting';
  isBegun = false;
  settle: () => void = () => {};

  constructor(id: string) {
    this.id = id;
  }

  start(): Promise<void> {
    this.isBegun = true;
    return new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  status() {
    return { state: this.state };
  }

  ready(): void {
    this.state = 'ready';
    this.settle();
  }
}

const SECONDS = 1_000;

function startOf(t: TestContext, count: number, goesOn = () => true) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const children = Array.from({ length: count }, (_, at) => new FakeChild(`c${at + 1}`));
  const { logger, lines } = recordLog();
  const loop = { lateSince: () => 0 };
  const wave = new StartWave({ width: 2, loop, logger });
  const progress: number[] = [];
  let isOver = false;
  const over = wave
    .startAll(children, (done) => progress.push(done), goesOn)
    .then(() => {
      isOver = true;
    });
  const begun = () => children.filter(({ isBegun }) => isBegun).map(({ id }) => id);
  return { children, wave, progress, over, begun, isOver: () => isOver, lines };
}

test('so many children start at the same time, the next ones in their turn', async (t) => {
  const { children, begun, over, progress, lines } = startOf(t, 4);
  const [one, two, three, four] = children as [FakeChild, FakeChild, FakeChild, FakeChild];
  await turn();
  assert.deepEqual(begun(), ['c1', 'c2']);
  two.ready();
  await turn();
  assert.deepEqual(begun(), ['c1', 'c2', 'c3']);
  for (const child of [one, three]) child.ready();
  await turn();
  four.ready();
  await over;
  assert.deepEqual(progress, [1, 2, 3, 4]);
  assert.deepEqual(lines, []);
});

test('one whose process has ended gives its turn to the next, and one that is slow as well', async (t) => {
  const { children, begun, wave, over } = startOf(t, 4);
  await turn();
  wave.done('c2');
  await turn();
  assert.deepEqual(begun(), ['c1', 'c2', 'c3']);
  t.mock.timers.tick(10 * SECONDS);
  await turn();
  assert.deepEqual(begun(), ['c1', 'c2', 'c3', 'c4']);
  for (const child of children) child.ready();
  await over;
});

test('the box waits ten seconds for those that do not get ready, if others serve', async (t) => {
  const { children, over, progress, isOver, lines } = startOf(t, 3);
  const [one, two, three] = children as [FakeChild, FakeChild, FakeChild];
  await turn();
  t.mock.timers.tick(10 * SECONDS);
  await turn();
  assert.ok(three.isBegun);
  // None serves: all are waited for.
  t.mock.timers.tick(60 * SECONDS);
  await turn();
  assert.equal(isOver(), false);
  for (const child of [one, two]) child.ready();
  await turn();
  assert.equal(isOver(), false);
  t.mock.timers.tick(10 * SECONDS);
  await over;
  assert.deepEqual(
    lines.map(({ children: ids, count }) => [ids, count]),
    [[['c3'], 1]],
  );
  three.ready();
  await turn();
  assert.deepEqual(progress, [1, 2]);
});

test('a start that is called off begins no further child', async (t) => {
  let goesOn = true;
  const { children, begun, over } = startOf(t, 4, () => goesOn);
  await turn();
  goesOn = false;
  for (const child of children) child.settle();
  await over;
  assert.deepEqual(begun(), ['c1', 'c2']);
});
