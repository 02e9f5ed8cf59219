import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../src/placement/tally.js';

const OWNER = { id: 'c001', generation: 1 };

test('a client without a connection of its own is a client, and no connection', () => {
  const tally = new Tally();
  const [one, two] = [tally.enter(OWNER), tally.enter(OWNER)];
  two.share();
  two.share();
  assert.deepEqual(tally.of('c001'), { streams: 0, clients: 2 });
  assert.equal(tally.connectionsOf('c001'), 1);
  assert.ok(two.leave());
  assert.ok(!two.leave());
  two.share();
  assert.equal(tally.connectionsOf('c001'), 1);
  assert.ok(one.leave());
  assert.deepEqual([tally.of('c001').clients, tally.connectionsOf('c001')], [0, 0]);
});

test('clients of other boxes are counted there', () => {
  const tally = new Tally();
  const client = tally.enter({ ...OWNER, box: 'b2' });
  client.share();
  assert.deepEqual([tally.of('c001').clients, tally.connectionsOf('c001')], [0, 0]);
  assert.ok(client.leave());
  assert.deepEqual([tally.of('c001').clients, tally.connectionsOf('c001')], [0, 0]);
});
