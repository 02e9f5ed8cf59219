import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RingIndex } from '../../src/relay/ring-index.js';

const OPENING = { first: Buffer.from('first'), again: Buffer.from('again') };

test('a ring keeps what came within its time, and back to its last place', () => {
  const index = new RingIndex({ bytes: 1000, ms: 100 });
  index.append(10, OPENING, 0);
  index.append(10, null, 50);
  assert.equal(index.startAt(500), 0);
  index.append(10, OPENING, 120);
  assert.equal(index.startAt(120), 10);
  assert.equal(index.startAt(200), 20);
  index.trim(200);
  assert.deepEqual([index.start, index.end, index.newest?.at], [20, 30, 20]);
});

test('a ring never keeps more bytes than it may, and then has no place', () => {
  const index = new RingIndex({ bytes: 25, ms: 100 });
  index.append(10, OPENING, 0);
  index.append(10, null, 1);
  index.append(10, null, 2);
  index.trim(2);
  assert.deepEqual([index.start, index.end, index.newest], [10, 30, null]);
  index.append(40, OPENING, 3);
  index.trim(3);
  assert.deepEqual([index.start, index.newest], [70, null]);
});

test('a piece is found by any of its bytes while it is kept', () => {
  const index = new RingIndex({ bytes: 1000, ms: 10 });
  for (let at = 0; at < 300; at += 1) index.append(1 + (at % 7), at % 5 === 0 ? OPENING : null, at);
  index.trim(300);
  for (let offset = 0; offset <= index.end; offset += 1) {
    const piece = index.pieceAt(offset);
    const isKept = offset >= index.start && offset < index.end;
    assert.equal(piece !== null, isKept, `${offset}`);
    if (piece !== null) assert.ok(piece.at <= offset && offset < piece.end);
  }
});

test('whatever comes, a ring stays within its bounds and begins at a piece', () => {
  const step = fc.record({
    size: fc.integer({ min: 1, max: 50 }),
    opens: fc.boolean(),
    ms: fc.nat(40),
  });
  const bounds = { bytes: 120, ms: 60 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = new RingIndex(bounds);
      const starts = new Set([0]);
      let now = 0;
      for (const { size, opens, ms } of steps) {
        now += ms;
        index.append(size, opens ? OPENING : null, now);
        index.trim(now);
        starts.add(index.end);
        assert.ok(index.end - index.start <= bounds.bytes);
        assert.ok(starts.has(index.start));
        const { newest } = index;
        assert.ok(newest === null || (newest.at >= index.start && newest.opening !== null));
      }
    }),
  );
});
