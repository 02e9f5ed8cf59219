import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Presence } from '../../src/listener/presence.js';
import { key } from '../helpers/stream-key.js';

const CAM = key('v/live/cam');
const OTHER = key('v/live/other');

test('streams are counted beside the one that is asked about, by address and in all', () => {
  const presence = new Presence();
  const enter = (stream: typeof CAM, address: string) =>
    presence.enter({ stream, role: 'publish', address });
  const counts = (stream: typeof CAM, address: string) => {
    const { streams, streamsOfAddress } = presence.countsFor(stream, address);
    return [streams, streamsOfAddress];
  };
  const leave = [enter(CAM, '2001:db8::1'), enter(CAM, '2001:db8::2'), enter(OTHER, '10.0.0.1')];
  assert.deepEqual(counts(CAM, '2001:db8::9'), [1, 0]);
  assert.deepEqual(counts(OTHER, '2001:db8::9'), [1, 1]);
  assert.deepEqual(counts(key('v/live/new'), '10.0.0.1'), [2, 1]);
  // One of two publishers of a stream, of which one gives way to the other.
  leave[0]?.();
  assert.deepEqual(counts(OTHER, '2001:db8::9'), [1, 1]);
  for (const one of leave.slice(1)) one();
  assert.deepEqual(counts(key('v/live/new'), '10.0.0.1'), [0, 0]);
});

test('players are counted by stream', () => {
  const presence = new Presence();
  const player = { stream: CAM, role: 'play', address: '10.0.0.1' } as const;
  const leave = [presence.enter(player), presence.enter(player)];
  assert.equal(presence.countsFor(CAM, '').viewers, 2);
  assert.equal(presence.countsFor(OTHER, '').viewers, 0);
  for (const one of leave) one();
  assert.equal(presence.countsFor(CAM, '').viewers, 0);
});
