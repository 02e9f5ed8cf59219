import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { test } from 'node:test';
import { readGathered } from '../../src/child/gathered-read.js';

async function piecesOf(stream: Readable): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  readGathered(stream, (bytes) => pieces.push(bytes));
  await once(stream, 'close');
  return pieces;
}

/** The standard output of `sh`. */
function shell(script: string): Readable {
  return spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout;
}

test('lines that come one by one are read together, and none is lost', async () => {
  const pieces = await piecesOf(
    shell('i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done'),
  );
  const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`);
  assert.equal(Buffer.concat(pieces).toString(), lines.join(''));
  assert.ok(pieces.length < 1000, `${pieces.length} pieces`);
});

test('who writes much is read without a pause', async () => {
  const pieces = await piecesOf(shell('head -c 50000000 /dev/zero'));
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  assert.equal(size, 50_000_000);
});

test('the last line of a program that has ended is read', async () => {
  const pieces = await piecesOf(shell('echo first; sleep 0.05; echo last'));
  assert.equal(Buffer.concat(pieces).toString(), 'first\nlast\n');
});

test('a stream that is no pipe is read as it comes', async () => {
  const stream = new PassThrough();
  const pieces = piecesOf(stream);
  stream.write('one');
  stream.end('two');
  assert.deepEqual((await pieces).map(String), ['one', 'two']);
});
