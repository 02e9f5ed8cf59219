import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyAfter, SlotMap, SlotTable } from '../../src/collections/slot-map.js';

describe('slotMap', () => {
  it('finds those who are here by their keys, and nobody by an old one', () => {
    const slotMap = new SlotMap<string>();
    const [ann, ben] = [slotMap.add('ann'), slotMap.add('ben')];
    assert.equal(slotMap.get(ann), 'ann');
    assert.ok(slotMap.delete(ann));
    assert.ok(!slotMap.delete(ann));
    const cid = slotMap.add('cid');
    assert.equal(slotMap.get(ann), undefined);
    assert.ok(!slotMap.delete(ann));
    assert.equal(slotMap.get(cid), 'cid');
    assert.equal(slotMap.get(-1), undefined);
    assert.deepEqual([...slotMap].sort(), ['ben', 'cid']);
    assert.equal(slotMap.size, 2);
    assert.equal(slotMap.get(ben), 'ben');
  });

  it('gives no key twice, and takes no more slots than were taken at once', () => {
    const slotMap = new SlotMap<number>();
    const keys = new Set<number>();
    const here: number[] = [];
    for (let one = 0; one < 10_000; one += 1) {
      here.push(slotMap.add(one));
      keys.add(here.at(-1) ?? -1);
      if (here.length > 5) slotMap.delete(here.splice(one % 5, 1)[0] ?? -1);
    }
    assert.equal(keys.size, 10_000);
    assert.equal(new Set([...keys].map((key) => key % 2 ** 21)).size, 6);
    assert.equal(slotMap.size, 5);
  });

  it('keeps a slot’s keys exact, however often it is taken', () => {
    const slot = 4711;
    const last = 2 ** 52 - 2 ** 21 + slot;
    assert.notEqual(keyAfter(slot), slot);
    assert.equal(keyAfter(last), slot);
    assert.equal(keyAfter(last - 2 ** 21), last);
  });

  it('lets those leave who are being looked at', () => {
    const slotMap = new SlotMap<{ key: number }>();
    for (let count = 0; count < 3; count += 1) {
      const one = { key: -1 };
      one.key = slotMap.add(one);
    }
    for (const { key } of slotMap) slotMap.delete(key);
    assert.equal(slotMap.size, 0);
    assert.deepEqual([...slotMap], []);
  });

  it('slots others by the keys of a slotMap', () => {
    const slotMap = new SlotMap<string>();
    const table = new SlotTable<number>();
    const first = slotMap.add('first');
    table.put(first, 1);
    slotMap.delete(first);
    assert.ok(table.delete(first));
    const second = slotMap.add('second');
    table.put(second, 2);
    assert.equal(table.get(first), undefined);
    assert.equal(table.get(second), 2);
    assert.equal(table.size, 1);
  });
});
