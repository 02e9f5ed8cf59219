import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ChildLog } from '../../src/child/log.js';
import { createLogger } from '../../src/logging/logger.js';
import { recordLog } from '../helpers/log-lines.js';
import { NO_MOUNTS, smallDisk } from '../helpers/small-disk.js';
import { cleanup, tempDir, until } from './helpers.js';

test('what a child says on both streams is in one file, its last words at hand', async (t) => {
  const dir = await tempDir(t);
  const log = new ChildLog(join(dir, 'c001.log'));
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  log.attach(stdout, stderr);
  stdout.write('one\n');
  stderr.write('two\n');
  await new Promise(setImmediate);
  assert.equal(log.tail(), 'one\ntwo\n');
  const next = new PassThrough();
  log.attach(next);
  assert.equal(log.tail(), '');
  next.write('three\n');
  await new Promise(setImmediate);
  await log.close();
  await log.close();
  assert.equal(await readFile(join(dir, 'c001.log'), 'utf8'), 'one\ntwo\nthree\n');
  assert.equal((await stat(join(dir, 'c001.log'))).mode & 0o777, 0o600);
});

test('access tokens that a child logs are not in the file, even if they come in pieces', async (t) => {
  const dir = await tempDir(t);
  const log = new ChildLog(join(dir, 'c001.log'));
  const stdout = new PassThrough();
  log.attach(stdout);
  stdout.write('stream=cam, param=?a=1&token=k1.17.any.se');
  // Longer than output waits to be written together.
  await delay(300);
  stdout.write('cret&b=2\nstreamid=#!::r=live/cam,token=other, m=publish\n\xe4 end');
  await new Promise(setImmediate);
  await log.close();
  const text =
    'stream=cam, param=?a=1&token=***&b=2\nstreamid=#!::r=live/cam,token=***, m=publish\n';
  assert.equal(await readFile(join(dir, 'c001.log'), 'utf8'), `${text}\xe4 end`);
});

test('a log is rotated, and old ones go', async (t) => {
  const dir = await tempDir(t);
  const log = new ChildLog(join(dir, 'c001.log'), { size: '10K', keep: 2 });
  const stdout = new PassThrough();
  log.attach(stdout);
  for (let i = 0; i < 200; i++) {
    stdout.write('x'.repeat(1000));
    await new Promise(setImmediate);
  }
  await log.close();
  assert.deepEqual((await readdir(dir)).sort(), ['c001.log', 'c001.log.1', 'c001.log.2']);
});

test('what the disk cannot take is dropped, and memory stays bounded', async (t) => {
  const lines: string[] = [];
  const logger = createLogger('warn', { people: true, write: (line) => void lines.push(line) });
  const log = new ChildLog(join(await tempDir(t), 'c001.log'), { logger });
  const stdout = new PassThrough({ highWaterMark: 2 ** 28 });
  log.attach(stdout);
  for (let i = 0; i < 100; i++) stdout.write(Buffer.alloc(64 * 1024, 120));
  await new Promise(setImmediate);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /gaps in its log/);
  assert.equal(log.tail().length, 16 * 1024);
  await log.close();
});

test('a log that cannot be written harms nobody, and says why in one line', async (t) => {
  const path = join(await tempDir(t), 'c001.log', 'is', '\0');
  const { logger, lines } = recordLog();
  let attempts = 0;
  const prepare = async () => void attempts++;
  const log = new ChildLog(path, { logger, retryMs: 1, prepare });
  const stdout = new PassThrough();
  log.attach(stdout);
  stdout.write('words\n');
  await until(() => log.tail() === 'words\n' && attempts > 3);
  const [{ reason, ...line } = {}, ...more] = lines;
  assert.match(String(reason), /null bytes/);
  assert.deepEqual(line, { path, msg: 'a child’s log cannot be written: retrying' });
  assert.deepEqual(more, []);
  log.attach(new PassThrough());
  await log.close();
});

test('after a full disk a log is written again, and says how much is missing', {
  skip: NO_MOUNTS,
}, async (t) => {
  const dir = await smallDisk(t, 64);
  const path = join(dir, 'c001.log');
  const { logger, lines } = recordLog();
  const log = new ChildLog(path, { logger, retryMs: 10 });
  cleanup(t, () => log.close());
  const stdout = new PassThrough();
  log.attach(stdout);
  stdout.write('before\n');
  await until(() =>
    readFile(path, 'utf8').then(
      (text) => text === 'before\n',
      () => false,
    ),
  );
  const ballast = join(dir, 'ballast');
  await writeFile(ballast, Buffer.alloc(2 ** 16)).catch(() => {});
  // Fills what is left of the log's own last page, and then some, at once.
  stdout.write(Buffer.alloc(2 ** 16, 'x'));
  stdout.write(Buffer.alloc(2 ** 16, 'y'));
  await until(() => lines.length > 0);
  assert.match(String(lines[0]?.reason), /^that disk is full$/);
  await rm(ballast);
  await until(() => lines.length > 1);
  stdout.write('after\n');
  await until(async () => (await readFile(path, 'utf8')).endsWith('after\n'));
  const [, back] = lines;
  assert.equal(back?.msg, 'a child’s log is written again, bytes were dropped');
  assert.ok(Number(back?.dropped) >= 2 ** 16, String(back?.dropped));
  assert.match(
    await readFile(path, 'utf8'),
    /^--- at least \d+ bytes are missing: that disk is full ---$/m,
  );
  assert.equal(lines.length, 2);
});

test('where its folder may not be made again, a log waits until it may', async (t) => {
  const dir = join(await tempDir(t), 'logs');
  const path = join(dir, 'c001.log');
  await writeFile(dir, 'in the way');
  const { logger, lines } = recordLog();
  let refusals = 0;
  const prepare = async () => {
    if (++refusals < 3) throw new Error('not ours');
    await rm(dir, { force: true });
  };
  const log = new ChildLog(path, { logger, retryMs: 1, prepare });
  cleanup(t, () => log.close());
  const stdout = new PassThrough();
  log.attach(stdout);
  stdout.write(Buffer.alloc(2 ** 16));
  await until(() => lines.length === 2);
  assert.equal(refusals, 3);
  assert.equal(lines[1]?.dropped, 2 ** 16);
  stdout.write('kept\n');
  const wanted =
    /^\n--- at least 65536 bytes are missing: .*: a part of that path is a file, not a directory ---\nkept\n$/;
  await until(async () => wanted.test(await readFile(path, 'utf8')));
});

test('a log whose directory goes away ends all the same', async (t) => {
  const dir = join(await tempDir(t), 'logs');
  const log = new ChildLog(join(dir, 'c001.log'), { size: '10K', keep: 2 });
  const stdout = new PassThrough();
  log.attach(stdout);
  for (let i = 0; i < 60; i++) {
    stdout.write('x'.repeat(1000));
    if (i % 10 === 0) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    await new Promise(setImmediate);
  }
  await log.close();
});
