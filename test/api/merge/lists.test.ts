import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../../src/api/json.js';
import { mergeStreams, mergeVhosts } from '../../../src/api/merge/lists.js';
import { type Lists, localize } from '../../../src/api/merge/localize.js';

/** Lists of a child whose own ids begin with `prefix`. */
function lists(prefix: string, active: boolean): Lists {
  const [vhost, stream, client] = ['v', 's', 'c'].map((kind) => `${prefix}-${kind}`);
  const traffic = { send_bytes: 10, recv_bytes: 20, kbps: { recv_30s: 1, send_30s: 2 } };
  const publish = active ? { active, cid: client } : { active };
  return {
    vhosts: [{ id: vhost, name: 'a.example', enabled: true, clients: 2, streams: 1, ...traffic }],
    streams: [{ id: stream, name: 's', vhost, url: '/live/s', clients: 2, ...traffic, publish }],
    clients: [{ id: client, vhost, stream, ip: '127.1.2.3', tcUrl: 'rtmp://127.1.2.3/live' }],
  };
}

const addresses = new Map([['127.1.2.3', { ip: '2001:db8::1', connection: '1-00002a' }]]);
const first = localize(lists('x', false), 'c001', addresses);
const second = localize(lists('y', true), 'c002', new Map());

test('ids follow from names, so that all children have the same', () => {
  assert.equal(first.vhosts[0]?.id, second.vhosts[0]?.id);
  assert.equal(first.streams[0]?.id, second.streams[0]?.id);
  assert.match(String(first.streams[0]?.id), /^vid-[0-9a-z]{7,11}$/);
  assert.equal(first.streams[0]?.vhost, first.vhosts[0]?.id);
  assert.equal(first.clients[0]?.stream, first.streams[0]?.id);
  assert.notEqual(first.vhosts[0]?.id, first.streams[0]?.id);
});

test('a client has its own address again, and its own words', () => {
  assert.equal(first.clients[0]?.ip, '2001:db8::1');
  assert.equal(first.clients[0]?.connection, '1-00002a');
  assert.equal(first.clients[0]?.tcUrl, 'rtmp://127.1.2.3/live');
  assert.equal(second.clients[0]?.ip, '127.1.2.3', 'nobody’s alias stays');
  assert.equal(first.clients[0]?.child, 'c001');
});

test('what a client names that is in no list stays as it is', () => {
  const { clients } = localize({ ...lists('x', true), vhosts: [], streams: [] }, 'c001', addresses);
  assert.deepEqual([clients[0]?.vhost, clients[0]?.stream], ['x-v', 'x-s']);
});

test('vhosts of one name become one, with the sums of all', () => {
  const [vhost, ...others] = mergeVhosts([...first.vhosts, ...second.vhosts]);
  assert.deepEqual(others, []);
  const { clients, streams, recv_bytes, kbps, enabled } = vhost as Json;
  assert.deepEqual(
    { clients, streams, recv_bytes, kbps, enabled },
    {
      clients: 4,
      streams: 2,
      recv_bytes: 40,
      kbps: { recv_30s: 2, send_30s: 4 },
      enabled: true,
    },
  );
});

test('of a stream on two children the publisher’s tells what it is', () => {
  const [stream, ...others] = mergeStreams([...first.streams, ...second.streams]);
  assert.deepEqual(others, []);
  assert.equal(stream?.child, 'c002');
  assert.equal(stream?.clients, 4);
  assert.deepEqual(stream?.publish, { active: true, cid: 'y-c' });
});

test('nothing is merged from nothing', () => {
  assert.deepEqual([mergeVhosts([]), mergeStreams([])], [[], []]);
});
