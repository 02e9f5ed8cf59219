import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { RedisServer } from '../../helpers/redis.js';

const PROGRAM = join(import.meta.dirname, 'claiming-process.js');

test('200 claims of one stream from four processes have one winner', async (t) => {
  const server = await RedisServer.start();
  t.after(() => server.dispose());
  const boxes = ['a', 'b', 'c', 'd'].map((box) => fork(PROGRAM, [`${server.port}`, box, '50']));
  await Promise.all(boxes.map((box) => once(box, 'message')));
  const answers = boxes.map((box) => once(box, 'message'));
  for (const box of boxes) box.send('go');
  const winners = (await Promise.all(answers)).flatMap(([names]) => names as string[]);
  assert.equal(winners.length, 4);
  assert.equal(new Set(winners).size, 1, winners.join());
  await Promise.all(
    boxes.map((box) => (box.connected || box.exitCode === null) && once(box, 'exit')),
  );
});
