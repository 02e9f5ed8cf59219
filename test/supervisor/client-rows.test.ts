import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PortConnection } from '../../src/admin/types.js';
import type { ViewerRow } from '../../src/hls/viewers.js';
import { backupsIn, clientRows, Publishers, streamRows } from '../../src/supervisor/client-rows.js';
import { key } from '../helpers/stream-key.js';

const NOW = 1_000_000;
const CAM = key('v/live/cam');
const FAR = key('v/live/far');

const PUBLISHER: PortConnection = {
  ...{ id: '1', client: '192.0.2.7:5000', alias: '127.1.0.1', port: 'rtmp', child: 'c001' },
  ...{ stream: CAM, role: 'publish', bytesIn: 5_000_000, bytesOut: 9, since: NOW - 10_000 },
};
const VIEWER: ViewerRow = {
  ...{ session: 'a1b2c3d4', client: '192.0.2.9', stream: CAM, child: 'c001', box: null },
  ...{ bytesOut: 700, ageMs: 4_000 },
};
const OWNED = { stream: CAM, child: 'c001', publishing: true, clients: 2, since: NOW - 10_000 };

test('a bitrate is that since the last question, at first that since the publisher came', () => {
  const publishers = new Publishers();
  const ask = (bytesIn: number, now: number) =>
    publishers.of([{ ...PUBLISHER, bytesIn }], now).get(CAM)?.bitrate;
  assert.equal(ask(5_000_000, NOW), 4_000_000);
  assert.equal(ask(6_000_000, NOW + 4_000), 2_000_000);
  // Questions that follow at once do not measure anew.
  assert.equal(ask(6_000_100, NOW + 4_100), 2_000_000);
  assert.equal(ask(6_250_000, NOW + 6_000), 1_000_000);
  assert.equal(publishers.of([], NOW + 7_000).size, 0);
  // It is forgotten with its connection: this is another one with the same id.
  assert.equal(
    publishers.of([{ ...PUBLISHER, bytesIn: 0, since: NOW + 8_000 }], NOW + 8_000).get(CAM)
      ?.bitrate,
    0,
  );
});

test('of two publishers of a name the last one that came is shown', () => {
  const second = { ...PUBLISHER, id: '2', client: '192.0.2.8:6000', since: NOW - 1_000 };
  const player = { ...PUBLISHER, id: '3', role: 'play' as const, since: NOW };
  const unknown = { ...PUBLISHER, id: '4', stream: null, since: NOW };
  const publishers = new Publishers().of([second, PUBLISHER, player, unknown], NOW);
  assert.equal(publishers.get(CAM)?.client, '192.0.2.8:6000');
});

test('a publisher that waits is shown as the backup of its stream, and not as its publisher', () => {
  const rows = [PUBLISHER, { ...PUBLISHER, client: '192.0.2.8:6000', role: 'backup' as const }];
  const publishers = new Publishers().of(rows, NOW);
  const facts = { owned: [OWNED], publishers, backups: backupsIn(rows), viewers: [] };
  const [row] = streamRows(facts, NOW);
  assert.deepEqual([row?.publisher, row?.backup], [PUBLISHER.client, '192.0.2.8:6000']);
});

test('HLS sessions count as clients of their stream', () => {
  const publishers = new Map([[CAM, { client: '192.0.2.7:5000', bitrate: 8 }]]);
  const viewers = [VIEWER, { ...VIEWER, session: 'e5f6g7h8' }];
  assert.deepEqual(streamRows({ owned: [OWNED], publishers, backups: new Map(), viewers }, NOW), [
    { ...OWNED, clients: 4, publisher: '192.0.2.7:5000', bitrate: 8 },
  ]);
});

test('a stream of another box is there by its HLS sessions alone, an ended one is not', () => {
  const far = { ...VIEWER, stream: FAR, box: 'b2' };
  const viewers = [{ ...far, ageMs: 9_000 }, far, { ...VIEWER, stream: key('v/live/ended') }];
  const rows = streamRows(
    { owned: [OWNED], publishers: new Map(), backups: new Map(), viewers },
    NOW,
  );
  assert.deepEqual(rows, [
    { ...OWNED, publisher: null, bitrate: null },
    {
      ...{ stream: FAR, child: 'c001', box: 'b2', publishing: true, clients: 2 },
      ...{ since: NOW - 9_000, publisher: null, bitrate: null },
    },
  ]);
});

test('clients are the connections that have named a stream, and HLS sessions', () => {
  const { alias: _, ...publisher } = PUBLISHER;
  const silent = { ...PUBLISHER, id: '2', stream: null, role: null };
  assert.deepEqual(clientRows([PUBLISHER, silent], [VIEWER], NOW), [
    publisher,
    {
      ...{ id: 'a1b2c3d4', client: '192.0.2.9', port: 'hls', role: 'play', stream: CAM },
      ...{ child: 'c001', bytesIn: 0, bytesOut: 700, since: NOW - 4_000 },
    },
  ]);
});
