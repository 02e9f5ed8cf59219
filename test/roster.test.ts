import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keyAfter, Roster, Seating } from '../src/roster.js';

describe('roster', () => {
  it('finds those who are here by their keys, and nobody by an old one', () => {
    const roster = new Roster<string>();
    const [ann, ben] = [roster.add('ann'), roster.add('ben')];
    assert.equal(roster.get(ann), 'ann');
    assert.ok(roster.delete(ann));
    assert.ok(!roster.delete(ann));
    const cid = roster.add('cid');
    assert.equal(roster.get(ann), undefined);
    assert.ok(!roster.delete(ann));
    assert.equal(roster.get(cid), 'cid');
    assert.equal(roster.get(-1), undefined);
    assert.deepEqual([...roster].sort(), ['ben', 'cid']);
    assert.equal(roster.size, 2);
    assert.equal(roster.get(ben), 'ben');
  });

  it('gives no key twice, and takes no more seats than were taken at once', () => {
    const roster = new Roster<number>();
    const keys = new Set<number>();
    const here: number[] = [];
    for (let one = 0; one < 10_000; one += 1) {
      here.push(roster.add(one));
      keys.add(here.at(-1) ?? -1);
      if (here.length > 5) roster.delete(here.splice(one % 5, 1)[0] ?? -1);
    }
    assert.equal(keys.size, 10_000);
    assert.equal(new Set([...keys].map((key) => key % 2 ** 21)).size, 6);
    assert.equal(roster.size, 5);
  });

  it('keeps a seat’s keys exact, however often it is taken', () => {
    const seat = 4711;
    const last = 2 ** 52 - 2 ** 21 + seat;
    assert.notEqual(keyAfter(seat), seat);
    assert.equal(keyAfter(last), seat);
    assert.equal(keyAfter(last - 2 ** 21), last);
  });

  it('lets those leave who are being looked at', () => {
    const roster = new Roster<{ key: number }>();
    for (let count = 0; count < 3; count += 1) {
      const one = { key: -1 };
      one.key = roster.add(one);
    }
    for (const { key } of roster) roster.delete(key);
    assert.equal(roster.size, 0);
    assert.deepEqual([...roster], []);
  });

  it('seats others by the keys of a roster', () => {
    const roster = new Roster<string>();
    const seating = new Seating<number>();
    const first = roster.add('first');
    seating.put(first, 1);
    roster.delete(first);
    assert.ok(seating.delete(first));
    const second = roster.add('second');
    seating.put(second, 2);
    assert.equal(seating.get(first), undefined);
    assert.equal(seating.get(second), 2);
    assert.equal(seating.size, 1);
  });
});
