import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTimes } from './media.js';
import { type Fingerprint, fingerprintsOf } from './rtmp-player.js';

/**
 * Returns the first messages that a player gets which was there before its publisher, from so many
 * repetitions of the clip (six seconds each).
 */
export async function firstMessages(loops: number): Promise<Fingerprint[]> {
  const directory = await mkdtemp(join(tmpdir(), 'srs-supervisor-clip-'));
  try {
    const path = join(directory, 'published.flv');
    const writer = writeTimes(path, loops);
    assert.equal(await writer.ended, 0, writer.errors);
    return await fingerprintsOf(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
