import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskWatch } from '../../src/child/disk-watch.js';
import { createLogger } from '../../src/logging/logger.js';
import { NO_MOUNTS, smallDisk } from '../helpers/small-disk.js';

function rig(workDir: string) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg);
  const logger = createLogger('info', { people: false, write });
  return { watch: new DiskWatch({ workDir, logger }), lines };
}

test('a disk that gets full is said once, and so is room again', { skip: NO_MOUNTS }, async (t) => {
  const disk = await smallDisk(t, 1024);
  const { watch, lines } = rig(disk);
  await watch.start();
  assert.equal(watch.full, null);
  const file = join(disk, 'file');
  await writeFile(file, Buffer.alloc(2 ** 20)).catch(() => {});
  await watch.look();
  await watch.look();
  assert.deepEqual(watch.full, { free: 0, total: 2 ** 20 });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^the disk of the work directory is full: .*; make room$/);
  await rm(file);
  await watch.look();
  assert.equal(watch.full, null);
  assert.deepEqual(lines.slice(1), ['the disk of the work directory has room again']);
  await watch.close();
});

test('a work directory that is away is no full disk', async () => {
  const { watch, lines } = rig('/nowhere/at/all');
  await watch.look();
  assert.equal(watch.full, null);
  assert.deepEqual(lines, []);
});
