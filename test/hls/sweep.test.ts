import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { sweep } from '../../src/hls/sweep.js';
import type { OwnerRef } from '../../src/owner.js';

it('removes what ended children and streams left, and nothing that may still be asked for', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'srs-supervisor-sweep-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const now = 1_700_000_300_000;
  const [old, young] = [now - 200_000, now - 100_000];
  const files: [name: string, writtenAt: number][] = [
    [`c001-1/v/live/x-c001-1-0-${old}.ts`, now],
    [`c001-1/v/live/x-c001-1-1-${young}.ts`, now],
    ['c001-1/v/live/x.m3u8', young],
    [`c001-2/v/live/x-c001-2-0-${old}.ts`, now],
    [`c001-2/v/live/x-c001-2-0-${old}.ts.tmp`, now],
    ['c001-2/v/live/x-c001-2-0-0.key', old],
    ['c001-2/v/live/x.m3u8', old],
    ['c002-1/v/live/x-c002-1-0-0.key', old],
    ['c002-1/v/live/x.m3u8', old],
  ];
  for (const [name, writtenAt] of files) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), '');
    await utimes(join(root, name), writtenAt / 1000, writtenAt / 1000);
  }
  const isAlive = ({ id, generation }: OwnerRef) => id === 'c001' && generation === 2;
  const removed = await sweep(root, { now, keepMs: 150_000, isAlive });
  assert.equal(removed, 6);
  const left = await readdir(root, { recursive: true });
  assert.deepEqual(left.sort(), [
    'c001-1',
    'c001-1/v',
    'c001-1/v/live',
    `c001-1/v/live/x-c001-1-1-${young}.ts`,
    'c001-1/v/live/x.m3u8',
    'c001-2',
    'c001-2/v',
    'c001-2/v/live',
    'c001-2/v/live/x-c001-2-0-0.key',
  ]);
  assert.equal(await sweep(join(root, 'gone'), { now, keepMs: 0, isAlive }), 0);
});
