import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTimes } from './media.js';
import { type Fingerprint, fingerprintsOf } from './rtmp-player.js';

/** Repetitions of the clip, of six seconds each. */
const LOOPS = 2;

/** Returns the first messages that a player gets which was there before the clip's publisher. */
export async function firstMessages(count: number): Promise<Fingerprint[]> {
  const messages = (await publishedMessages(LOOPS)).slice(0, count);
  assert.equal(messages.length, count);
  return messages;
}

/** Returns all messages that such a player gets from so many repetitions of the clip. */
export async function publishedMessages(loops: number): Promise<Fingerprint[]> {
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
