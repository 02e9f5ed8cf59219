import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FirstPlaylist } from '../../src/hls/first-playlist.js';

const NAME = { vhost: '__defaultVhost__', app: 'live', stream: 'x' };
const LONG_MS = 60_000;

describe('viewers that wait for a playlist', () => {
  it('share one look at the disk, and leave when they want', async () => {
    let looks = 0;
    let isThere = false;
    const first = new FirstPlaylist({ waitMs: LONG_MS }, async () => {
      looks += 1;
      return isThere;
    });
    const leaving = new AbortController();
    const until = performance.now() + LONG_MS;
    const ask = { name: NAME, signal: new AbortController().signal, until };
    const staying = [first.wait(ask), first.wait(ask)];
    const left = first.wait({ ...ask, signal: leaving.signal });
    assert.equal(looks, 1);
    leaving.abort();
    assert.equal(await left, false);
    isThere = true;
    assert.deepEqual(await Promise.all(staying), [true, true]);
  });

  it('have their own time, also if others wait longer', async () => {
    const first = new FirstPlaylist({ waitMs: LONG_MS }, async () => false);
    const { signal } = new AbortController();
    const long = new AbortController();
    const patient = first.wait({
      name: NAME,
      signal: long.signal,
      until: performance.now() + LONG_MS,
    });
    assert.equal(await first.wait({ name: NAME, signal, until: performance.now() + 20 }), false);
    long.abort();
    assert.equal(await patient, false);
  });
});
