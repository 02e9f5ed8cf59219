import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveIn } from '../../src/unmanaged/live-streams.js';

const VHOSTS = {
  vhosts: [
    { id: 'v1', name: '__defaultVhost__' },
    { id: 'v2', name: 'other.test' },
  ],
};
const row = (name: string, vhost: string, active: boolean) => ({
  ...{ id: `s-${name}`, name, vhost, app: 'live' },
  publish: { active, cid: 'c' },
});
const live = (...streams: unknown[]) => [...liveIn({ streams }, VHOSTS)];

test('names what is published, by the vhost that the id is of', () => {
  const streams = [row('a', 'v1', true), row('b', 'v2', true), row('c', 'v1', false)];
  assert.deepEqual(live(...streams), ['__defaultVhost__/live/a', 'other.test/live/b']);
});

test('leaves out what names no stream', () => {
  const long = row('x'.repeat(2000), 'v1', true);
  assert.deepEqual(live(row('a', 'v9', true), row('../a', 'v1', true), long, null, 1), []);
  assert.deepEqual([...liveIn({}, VHOSTS)], []);
});
