import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLOTS } from '../../src/relay/native/protocol.js';
import { SlotArray } from '../../src/relay/native/slots.js';

test('slots count who holds them, however often one is put or cleared', () => {
  const slots = new SlotArray<string>();
  assert.equal(slots.count, 0);
  for (const slot of [3, SLOTS + 1]) slots.put(slot, 'first');
  slots.put(3, 'second');
  slots.put(4, undefined);
  assert.equal(slots.count, 2);
  assert.deepEqual([...slots], ['second', 'first']);
  for (const slot of [3, 3, SLOTS + 1]) slots.put(slot, undefined);
  assert.equal(slots.count, 0);
});
