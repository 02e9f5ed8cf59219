import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutOwnClients } from '../../../src/api/merge/own-clients.js';

const OWN = '127.0.83.82';
const TC_URL = 'rtmp://example.com/live?x=1';

function stream(id: string, clients: number, cid: string, active: boolean) {
  return { id, vhost: 'v', clients, tcUrl: 'rtmp://127.0.0.1/live', publish: { active, cid } };
}

test('clients of our own are neither shown nor counted, and leave no tcUrl behind', () => {
  const lists = withoutOwnClients(
    {
      vhosts: [
        { id: 'v', clients: 5, streams: 3 },
        { id: 'w', clients: 0, streams: 0 },
      ],
      streams: [
        stream('s1', 3, 'a', true),
        stream('s2', 1, '', false),
        stream('s3', 1, 'c', false),
      ],
      clients: [
        { id: 'k1', ip: OWN, vhost: 'v', stream: 's1', tcUrl: 'rtmp://127.0.0.1/live' },
        { id: 'a', ip: '127.1.0.1', vhost: 'v', stream: 's1', tcUrl: TC_URL },
        { id: 'b', ip: '127.1.0.2', vhost: 'v', stream: 's1', tcUrl: 'rtmp://other/live' },
        { id: 'k2', ip: OWN, vhost: 'v', stream: 's2', tcUrl: 'rtmp://127.0.0.1/live' },
        { id: 'c', ip: '127.1.0.3', vhost: 'v', stream: 's3', tcUrl: TC_URL },
      ],
    },
    OWN,
  );
  assert.deepEqual(
    lists.clients.map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(
    lists.streams.map(({ id, clients, tcUrl }) => [id, clients, tcUrl]),
    [
      ['s1', 2, TC_URL],
      ['s3', 1, TC_URL],
    ],
  );
  assert.deepEqual(lists.vhosts, [
    { id: 'v', clients: 3, streams: 2 },
    { id: 'w', clients: 0, streams: 0 },
  ]);
});

test('lists without such clients stay as they are', () => {
  const lists = {
    vhosts: [{ id: 'v', clients: 1 }],
    streams: [],
    clients: [{ id: 'a', ip: '::1' }],
  };
  assert.deepEqual(withoutOwnClients(lists, OWN), lists);
});
