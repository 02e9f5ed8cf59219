import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTimes } from './media.js';
import { type Fingerprint, fingerprintsOf } from './rtmp-player.js';

/** Times six seconds of the clip. */
const LOOPS = 2;

/** Returns what a player gets first that was there before the clip's publisher. */
export async function firstMessages(count: number): Promise<Fingerprint[]> {
  const directory = await mkdtemp(join(tmpdir(), 'srs-supervisor-clip-'));
  try {
    const path = join(directory, 'published.flv');
    const writer = writeTimes(path, LOOPS);
    assert.equal(await writer.ended, 0, writer.errors);
    const messages = (await fingerprintsOf(path)).slice(0, count);
    assert.equal(messages.length, count);
    return messages;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
