import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionBudget } from '../../src/listener/budget.js';
import { Connection } from '../../src/listener/connection.js';
import { Connections } from '../../src/listener/connections.js';
import { kick } from '../../src/listener/kick.js';
import type { RelayedConnection } from '../../src/relay/relay.js';
import { key } from '../helpers/stream-key.js';

function opened(connections: Connections, ip = '192.0.2.1'): Connection {
  const connection = connections.open(ip, 4000, 1);
  assert.ok(connection instanceof Connection);
  return connection;
}

/** A relay that has moved so many bytes. */
function relay(bytesIn: number, bytesOut: number): RelayedConnection & { destroyed: number } {
  const ended = Promise.resolve('closed' as const);
  const moved = { bytesIn, bytesOut, ended, destroyed: 0 };
  return Object.assign(moved, { destroy: () => void moved.destroyed++ });
}

test('no more connections than the limit, and room again when one has closed', () => {
  const connections = new Connections({ connections: 2, connectionsPerIp: 0 });
  const first = opened(connections);
  opened(connections);
  assert.equal(connections.open('192.0.2.9', 1, 1), 'connections');
  connections.closed(first);
  connections.closed(first);
  assert.equal(connections.size, 1);
  opened(connections);
  assert.equal(connections.open('192.0.2.9', 1, 1), 'connections');
});

test('no more connections from one address than the limit', () => {
  const connections = new Connections({ connections: 100, connectionsPerIp: 2 });
  const [first] = [opened(connections), opened(connections)];
  assert.equal(connections.open('192.0.2.1', 1, 1), 'connectionsPerIp');
  opened(connections, '192.0.2.2');
  connections.closed(first);
  connections.closed(first);
  opened(connections);
  assert.equal(connections.open('192.0.2.1', 1, 1), 'connectionsPerIp');
});

test('listeners that share a budget keep to it together', () => {
  const budget = new ConnectionBudget({ connections: 2, connectionsPerIp: 1 });
  const [one, other] = [new Connections(budget), new Connections(budget)];
  const first = opened(one);
  assert.equal(other.open('192.0.2.1', 1, 1), 'connectionsPerIp');
  opened(other, '192.0.2.2');
  assert.equal(one.open('192.0.2.3', 1, 1), 'connections');
  one.closed(first);
  opened(other);
});

test('each has an id of its own and shows its client as an address is written', () => {
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const all = Array.from({ length: 50 }, () => opened(connections));
  assert.equal(new Set(all.map(({ id }) => id)).size, 50);
  assert.equal(all[0]?.client, '192.0.2.1:4000');
  assert.equal(opened(connections, '2001:db8::1').client, '[2001:db8::1]:4000');
});

test('a life of a child that is over ends its own connections and older ones', () => {
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const owners = [
    { id: 'c001', generation: 1 },
    { id: 'c001', generation: 2 },
    { id: 'c001', generation: 3 },
    { id: 'c002', generation: 1 },
    null,
  ];
  const all = owners.map((owner) => {
    const connection = opened(connections);
    if (owner !== null) connection.assigned(owner);
    return connection;
  });
  const relayed = relay(0, 0);
  all[1]?.carriedBy(relayed);
  const reason = new Error('gone');
  connections.endOf({ id: 'c001', generation: 2 }, reason);
  assert.deepEqual(
    all.map(({ signal }) => signal.aborted),
    [true, true, false, false, false],
  );
  assert.equal(all[0]?.signal.reason, reason);
  assert.equal(relayed.destroyed, 1);
  connections.endAll(reason);
  assert.ok(all.every(({ signal }) => signal.aborted));
});

test('those that fit are kicked, and told as they were; ids are of the whole process', () => {
  const limits = { connections: 100, connectionsPerIp: 0 };
  const [one, other] = [new Connections(limits), new Connections(limits)];
  const [a, b, c] = [opened(one), opened(one, '192.0.2.2'), opened(other)];
  assert.equal(new Set([a.id, b.id, c.id]).size, 3);
  const rows = kick(one, ({ client }) => client === '192.0.2.2:4000', 'closed by an operator');
  assert.deepEqual(rows, [b.row()]);
  assert.deepEqual([a.isEnding, b.isEnding], [false, true]);
  assert.deepEqual(
    kick(other, ({ id }) => id === a.id, 'x'),
    [],
  );
});

test('bytes of connections that are closed still count', () => {
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const [a, b] = [opened(connections), opened(connections)];
  a.carriedBy(relay(10, 100));
  b.carriedBy(relay(1, 2));
  assert.deepEqual(connections.bytes, { in: 11, out: 102 });
  connections.closed(a);
  connections.closed(a);
  assert.deepEqual(connections.bytes, { in: 11, out: 102 });
  assert.deepEqual([...connections], [b]);
});

test('times players, once each, from their arrival or from the end of their wait', ({ mock }) => {
  mock.timers.enable({ apis: ['Date'], now: 1_000 });
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const open = (role: 'play' | 'publish') => {
    const connection = connections.open('192.0.2.1', 4000, Date.now());
    assert.ok(connection instanceof Connection);
    connection.named(key('v/live/a'), role);
    return connection;
  };
  const [player, waiting, publisher] = [open('play'), open('play'), open('publish')];
  mock.timers.setTime(31_000);
  waiting.hasWaited();
  mock.timers.setTime(31_500);
  const owner = { id: 'c001', generation: 1 };
  waiting.servedBy(owner, relay(0, 0));
  // Its thread has begun before the control thread hears of it.
  player.servedBy(owner, { ...relay(0, 0), startedAt: 1_020 });
  publisher.servedBy(owner, relay(0, 0));
  assert.equal(connections.playing.sum, 0.52);
  player.leftChild();
  player.servedBy(owner, relay(0, 0));
  assert.equal(
    connections.playing.counts.reduce((sum, count) => sum + count),
    2,
  );
});
