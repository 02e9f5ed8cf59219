import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookBody } from '../../src/hooks/body.js';
import type { CallResult } from '../../src/hooks/caller.js';
import { HeldClients } from '../../src/hooks/held-clients.js';
import { key } from '../helpers/stream-key.js';

const ALIAS = '127.1.0.7';
const REQUEST = {
  name: { vhost: '__defaultVhost__', app: 'live', stream: 'cam' },
  tcUrl: 'rtmp://h/live',
  param: '?token=1',
  pageUrl: 'http://page/',
};

const end = () => {};

/** The user's hooks: what they heard, and their answers, which wait where the test says so. */
function openUser() {
  const heard: HookBody[] = [];
  const refuses = new Set<string>();
  const waits: Promise<void>[] = [];
  const clients = new HeldClients(
    { serviceId: 'svc', userAgent: 'SRS/7', newId: () => 'client-1' },
    { of: () => ['http://user/'] },
    async (body): Promise<CallResult> => {
      heard.push(body);
      await waits.shift();
      const outcome = refuses.has(body.action) ? 'refused' : 'ok';
      return { outcome, answer: null };
    },
  );
  const actions = () => heard.map(({ action }) => action);
  return { clients, heard, refuses, waits, actions };
}

/** A child's call about the client that it knows by the alias. */
function says(action: HookBody['action'], stream = 'cam'): HookBody {
  return { action, client_id: 'own', ip: ALIAS, vhost: '__defaultVhost__', app: 'live', stream };
}

/** All that was said behind one another has been said. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a client that waits is told of in SRS’s words', async () => {
  const { clients, heard } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  assert.equal(await hookClient.connect(REQUEST), true);
  assert.equal(await hookClient.play(REQUEST), true);
  hookClient.leave({ sent: 12, received: 34 });
  await settled();
  const ids = ['server_id', 'service_id', 'action', 'client_id', 'ip', 'vhost', 'app'];
  const stream = ['stream_url', 'stream_id'];
  assert.deepEqual(
    heard.map((body) => [body.action, Object.keys(body)]),
    [
      ['on_connect', [...ids, 'stream', 'param', 'tcUrl', 'pageUrl']],
      ['on_play', [...ids, 'stream', 'tcUrl', 'param', 'pageUrl', ...stream]],
      ['on_stop', [...ids, 'tcUrl', 'stream', 'param', ...stream]],
      ['on_close', [...ids, 'send_bytes', 'recv_bytes']],
    ],
  );
  for (const body of heard) {
    assert.deepEqual(
      [body.client_id, body.ip, body.service_id],
      ['client-1', '203.0.113.5', 'svc'],
    );
  }
  assert.deepEqual([heard[3]?.send_bytes, heard[3]?.recv_bytes], [12, 34]);
  assert.equal(heard[1]?.stream_url, '/live/cam');
  assert.equal(heard[1]?.stream_id, heard[2]?.stream_id);
});

test('its child asks once more, and gets the same answer; all else goes on by the same id', async () => {
  const { clients, heard } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  await hookClient.connect(REQUEST);
  await hookClient.play(REQUEST);
  hookClient.goesBy(ALIAS);
  assert.ok(clients.hasHeard(says('on_connect')));
  assert.ok(clients.hasHeard(says('on_play')));
  hookClient.served();
  // It closes its stream and plays again, in the child.
  for (const action of ['on_stop', 'on_connect', 'on_play'] as const) {
    assert.ok(!clients.hasHeard(says(action)), action);
    assert.equal(clients.knownAs(says(action))?.id, 'client-1');
  }
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  for (const action of ['on_stop', 'on_close'] as const) {
    assert.ok(!clients.hasHeard(says(action)), action);
    assert.equal(clients.knownAs(says(action))?.id, 'client-1');
  }
  assert.equal(heard.length, 2);
  assert.equal(clients.knownAs({ ...says('on_close'), ip: '127.1.0.8' }), null);
  assert.equal(clients.knownAs(says('on_close'))?.ip, '203.0.113.5');
});

test('what it asked for before says nothing of another stream', async () => {
  const { clients } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  await hookClient.connect(REQUEST);
  await hookClient.play(REQUEST);
  hookClient.goesBy(ALIAS);
  assert.ok(!clients.hasHeard(says('on_play', 'other')));
});

test('a child that never served it has nothing to add to its end', async () => {
  const { clients, actions } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  await hookClient.connect(REQUEST);
  await hookClient.play(REQUEST);
  hookClient.goesBy(ALIAS);
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), ['on_connect', 'on_play', 'on_stop', 'on_close']);
  assert.ok(clients.hasHeard(says('on_stop')));
  assert.ok(clients.hasHeard(says('on_close')));
});

test('a second stream without parameters has those of the first one, as with SRS', async () => {
  const { clients, heard } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  await hookClient.connect({ ...REQUEST, param: '?token=x' });
  await hookClient.play({ ...REQUEST, param: '?token=x' });
  hookClient.stop();
  const next = { ...REQUEST, name: { ...REQUEST.name, stream: 'other' }, param: '' };
  await hookClient.connect(next);
  await hookClient.play(next);
  assert.deepEqual(
    heard.map(({ action, stream, param }) => `${action} ${stream}${param}`),
    [
      ...[`on_connect ${REQUEST.name.stream}?token=x`, `on_play ${REQUEST.name.stream}?token=x`],
      ...[`on_stop ${REQUEST.name.stream}?token=x`, 'on_connect other?token=x'],
      'on_play other?token=x',
    ],
  );
});

test('what is refused is not stopped, and closes', async () => {
  const { clients, actions, refuses } = openUser();
  refuses.add('on_play');
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  await hookClient.connect(REQUEST);
  assert.equal(await hookClient.play(REQUEST), false);
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), ['on_connect', 'on_play', 'on_close']);
});

test('one that leaves while it is asked about has left when that is answered', async () => {
  const { clients, actions, waits } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  let answer = () => {};
  await hookClient.connect(REQUEST);
  waits.push(new Promise((resolve) => (answer = resolve)));
  const playing = hookClient.play(REQUEST);
  await settled();
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), ['on_connect', 'on_play']);
  answer();
  await playing;
  await settled();
  assert.deepEqual(actions(), ['on_connect', 'on_play', 'on_stop', 'on_close']);
});

test('one that was never asked about is not told of', async () => {
  const { clients, actions } = openUser();
  clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end }).leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), []);
});

test('one that another box has asked about is not asked about here, and ends by its child’s word', async () => {
  const { clients, actions } = openUser();
  const hookClient = clients.adopt({
    id: 'far-1',
    ip: '203.0.113.5',
    stream: key('__defaultVhost__/live/cam'),
  });
  hookClient.goesBy(ALIAS);
  assert.ok(clients.hasHeard(says('on_connect')));
  assert.ok(clients.hasHeard(says('on_play')));
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), []);
  assert.ok(!clients.hasHeard(says('on_stop')));
  assert.equal(clients.knownAs(says('on_close'))?.id, 'far-1');
});

test('who only plays, as HTTP players do, is not told of as one that closes', async () => {
  const { clients, actions } = openUser();
  const hookClient = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  await hookClient.play(REQUEST);
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), ['on_play', 'on_stop']);
});

test('those that wait are listed, each until a child serves it, it stops or it leaves', async () => {
  const { clients, refuses } = openUser();
  const open = () => clients.open({ type: 'flv-play', ip: '203.0.113.5', end });
  const hookClient = open();
  assert.deepEqual(clients.list(), []);
  await hookClient.play(REQUEST);
  const list = clients.list();
  const [player] = list;
  assert.deepEqual(
    [list.length, player?.id, player?.type, player?.url, player?.name.stream],
    [1, 'client-1', 'flv-play', '/live/cam', 'cam'],
  );
  assert.equal(clients.list(), list);
  hookClient.stop();
  assert.deepEqual(clients.list(), []);
  await hookClient.play(REQUEST);
  hookClient.served();
  assert.deepEqual(clients.list(), []);
  const other = open();
  await other.play(REQUEST);
  assert.equal(clients.list().length, 1);
  other.leave({ sent: 0, received: 0 });
  assert.deepEqual(clients.list(), []);
  refuses.add('on_play');
  const refused = open();
  await refused.play(REQUEST);
  refused.leave({ sent: 0, received: 0 });
  assert.deepEqual(clients.list(), []);
});

test('one that waits can be ended by the id that users know, until a child serves it', async () => {
  const { clients } = openUser();
  let ended = 0;
  const hookClient = clients.open({
    type: 'rtmp-play',
    ip: '203.0.113.5',
    end: () => {
      ended += 1;
    },
  });
  assert.equal(clients.end('nobody'), false);
  assert.equal(clients.end(hookClient.id ?? ''), true);
  assert.equal(ended, 1);
  hookClient.served();
  assert.equal(clients.end(hookClient.id ?? ''), false);
  const other = clients.open({ type: 'rtmp-play', ip: '203.0.113.5', end });
  other.leave({ sent: 0, received: 0 });
  assert.equal(clients.end(other.id ?? ''), false);
});

test('a client that moves to another child is one client, with the id of the first', async () => {
  const { clients, heard } = openUser();
  const hookClient = clients.follow({ ip: '203.0.113.5', alias: ALIAS });
  assert.equal(clients.hasHeard(says('on_stop')), false);
  assert.ok(clients.hasHeard(says('on_close')));
  const next = { ...says('on_play', 'other'), client_id: 'next' };
  for (const action of ['on_connect', 'on_play', 'on_stop', 'on_close'] as const) {
    const body = { ...next, action };
    assert.equal(clients.hasHeard(body), false);
    assert.deepEqual(clients.knownAs(body), { id: 'own', ip: '203.0.113.5' });
  }
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(heard, []);
});

test('the end of a child that took the client after one that died is told', () => {
  const { clients } = openUser();
  clients.follow({ ip: '203.0.113.5', alias: ALIAS });
  assert.equal(clients.hasHeard(says('on_connect', 'other')), false);
  assert.equal(clients.hasHeard(says('on_close', 'other')), false);
});

test('a client that has moved and waits again keeps its id', async () => {
  const { clients, actions, heard } = openUser();
  const hookClient = clients.follow({ ip: '203.0.113.5', alias: ALIAS });
  assert.ok(clients.hasHeard(says('on_close')));
  hookClient.waits(end);
  await hookClient.connect(REQUEST);
  await hookClient.play(REQUEST);
  hookClient.leave({ sent: 0, received: 0 });
  await settled();
  assert.deepEqual(actions(), ['on_connect', 'on_play', 'on_stop', 'on_close']);
  assert.ok(heard.every(({ client_id: id }) => id === 'own'));
});
