import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { OpenReads } from '../../src/files/open-reads.js';

const KB = 1024;

test('the more files are open, the less is read of the next one at a time', async () => {
  const reads = new OpenReads();
  const bodies: Readable[] = [];
  const open = (count: number) => {
    while (bodies.length < count) {
      bodies.push(new Readable({ read() {} }));
      reads.add(bodies.at(-1)!);
    }
    return reads.size;
  };
  assert.equal(reads.size, 256 * KB);
  assert.equal(open(31), 256 * KB);
  assert.equal(open(127), 64 * KB);
  assert.equal(open(2000), 16 * KB);
  const closed = bodies.splice(100).map((body) => {
    const end = once(body, 'close');
    body.destroy();
    return end;
  });
  await Promise.all(closed);
  assert.equal(reads.size, 80 * KB);
});

test('a body that is closed already is not counted', async () => {
  const reads = new OpenReads();
  const body = new Readable({ read() {} });
  body.destroy();
  await once(body, 'close');
  for (let i = 0; i < 1000; i += 1) reads.add(body);
  assert.equal(reads.size, 256 * KB);
});

test('thousands of readers that read nothing hold a bounded part of memory', () => {
  const reads = new OpenReads();
  let held = 0;
  for (let i = 0; i < 3000; i += 1) {
    held += 2 * reads.size;
    reads.add(new Readable({ read() {} }));
  }
  assert.ok(held < 3000 * 2 * 16 * KB + 64 * KB * KB, `${held}`);
});
