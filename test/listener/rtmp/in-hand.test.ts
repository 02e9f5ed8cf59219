import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { InHand } from '../../../src/listener/rtmp/in-hand.js';
import { workerEnd } from '../../../src/worker-end.js';

const MODULE = new URL('../../../src/listener/rtmp/in-hand.js', import.meta.url).href;

/** A thread that duplicates pairs, and dies before it has said so. */
const THREAD = `
  import(${JSON.stringify(MODULE)}).then(({ InHand }) => {
    const inHand = new InHand(require('node:worker_threads').workerData);
    inHand.take({ client: 10, child: 11 });
    inHand.take({ client: 12, child: 13 });
    throw new Error('it dies');
  });
`;

it('tells which pair a thread that died had not handed over yet', async () => {
  const inHand = new InHand();
  assert.equal(inHand.leftBehind(0), null);
  const thread = new Worker(THREAD, { eval: true, workerData: inHand.numbers });
  assert.equal(await workerEnd(thread), 'it dies');
  assert.deepEqual(inHand.leftBehind(1), { client: 12, child: 13 });
  assert.equal(inHand.leftBehind(2), null);
});
