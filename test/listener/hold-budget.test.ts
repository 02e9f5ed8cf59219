import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldBudget } from '../../src/listener/hold-budget.js';

test('so many players wait, of one address and in all', () => {
  const budget = new HoldBudget({ heldPlayers: 3, heldPlayersPerIp: 2 });
  assert.deepEqual([budget.take('a'), budget.take('a')], [null, null]);
  assert.equal(budget.take('a'), 'heldPlayersPerIp');
  assert.equal(budget.take('b'), null);
  assert.equal(budget.take('c'), 'heldPlayers');
  assert.equal(budget.size, 3);
  budget.giveBack('a');
  assert.equal(budget.take('c'), null);
  for (const ip of ['a', 'b', 'c']) budget.giveBack(ip);
  assert.equal(budget.size, 0);
});

test('any number may be of one address', () => {
  const budget = new HoldBudget({ heldPlayers: 100, heldPlayersPerIp: 0 });
  for (let i = 0; i < 100; i += 1) assert.equal(budget.take('a'), null);
  assert.equal(budget.take('a'), 'heldPlayers');
});

test('addresses of IPv6 are one where their first 64 bits are', () => {
  const budget = new HoldBudget({ heldPlayers: 9, heldPlayersPerIp: 1 });
  assert.equal(budget.take('2001:db8:1:2::1'), null);
  assert.equal(budget.take('2001:db8:1:2:ffff::9'), 'heldPlayersPerIp');
  assert.equal(budget.take('2001:db8:1:3::1'), null);
  budget.giveBack('2001:db8:1:2:ffff::9');
  assert.equal(budget.take('2001:db8:1:2::1'), null);
});
