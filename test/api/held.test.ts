import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldClient, heldStreams, withHeld } from '../../src/api/merge/held.js';
import type { WaitingPlayer } from '../../src/listener/held-hooks.js';

const NOW = 100_000;
const WAITS: WaitingPlayer = {
  ...{ id: 'client-1', type: 'flv-play', ip: '192.0.2.7', url: '/live/cam' },
  ...{ streamId: 'vid-s', vhostId: 'vid-v', tcUrl: 'rtmp://v/live', pageUrl: 'http://page/' },
  name: { vhost: '__defaultVhost__', app: 'live', stream: 'cam' },
  since: NOW - 60_000,
  carrier: null,
};
const traffic = () => ({ sent: 7_500_000, received: 0 });
const SERVED: WaitingPlayer = { ...WAITS, carrier: { child: 'c001', traffic } };

test('a player that we serve has its child and its bytes, one that waits has neither', () => {
  const none = { recv_30s: 0, send_30s: 0 };
  const { child, send_bytes, kbps, alive } = heldClient(SERVED, NOW);
  assert.deepEqual(
    [child, send_bytes, kbps, alive],
    ['c001', 7_500_000, { ...none, send_30s: 1000 }, 60],
  );
  const waits = heldClient(WAITS, NOW);
  assert.deepEqual([waits.child, waits.send_bytes, waits.kbps], [null, 0, none]);
  const young = heldClient({ ...SERVED, since: NOW - 5000 }, NOW);
  assert.deepEqual(young.kbps, none);
});

test('streams and vhosts count it with its bytes', () => {
  const [stream] = heldStreams([SERVED], NOW);
  assert.deepEqual([stream?.id, stream?.clients, stream?.send_bytes], ['vid-s', 1, 7_500_000]);
  const rows = [
    { id: 'vid-v', clients: 2, streams: 1, send_bytes: 5 },
    { id: 'vid-w', clients: 1, streams: 1, send_bytes: 5 },
  ];
  assert.deepEqual(withHeld(rows, [SERVED, WAITS], []), [
    { id: 'vid-v', clients: 4, streams: 1, send_bytes: 7_500_005 },
    { id: 'vid-w', clients: 1, streams: 1, send_bytes: 5 },
  ]);
});
