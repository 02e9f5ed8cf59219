import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fullBy } from '../../src/placement/caps.js';
import { choose } from '../../src/placement/policy.js';
import type { Candidate } from '../../src/placement/types.js';
import { candidate } from './helpers.js';

function chosen(...candidates: Partial<Candidate>[]): string | undefined {
  const named = candidates.map((part, i) => candidate({ id: `c${i + 1}`, ...part }));
  return choose(named, 0)?.id;
}

test('takes open children only, and none that is full', () => {
  assert.equal(choose([], 0), null);
  assert.equal(chosen({ open: false }, {}), 'c2');
  assert.equal(chosen({ connections: 100, maxConnections: 100 }, { cpu: 70 }), 'c2');
  assert.equal(chosen({ open: false }, { connections: 100, maxConnections: 100 }), undefined);
});

test('a child at one of its limits gets no new stream', () => {
  const busy = { cpu: 70 };
  assert.equal(chosen({ streams: 5, maxStreams: 5 }, busy), 'c2');
  assert.equal(chosen({ streams: 4, maxStreams: 5 }, busy), 'c1');
  assert.equal(chosen({ bitrate: 5e6, maxBitrate: 5e6 }, busy), 'c2');
  assert.equal(chosen({ bitrate: 4.9e6, maxBitrate: 5e6 }, busy), 'c1');
  assert.equal(chosen({ streams: 5, maxStreams: 5 }, { bitrate: 9, maxBitrate: 8 }), undefined);
});

test('the child that the client has is taken, if it has room and is to stay', () => {
  const near = { id: 'c2', generation: 1 };
  const others = (part: Partial<Candidate>) =>
    [{}, part].map((own, i) => candidate({ id: `c${i + 1}`, generation: 1, ...own }));
  assert.equal(choose(others({ streams: 9, cpu: 70 }), 0, near)?.id, 'c2');
  for (const part of [{ open: false }, { streams: 5, maxStreams: 5 }, { cpu: 95 }]) {
    assert.equal(choose(others(part), 0, near)?.id, 'c1');
  }
  assert.equal(choose(others({ generation: 2, streams: 9 }), 0, near)?.id, 'c1');
});

test('a limit is named with what counts against it', () => {
  assert.equal(fullBy(candidate()), null);
  const texts = [
    { connections: 1000 },
    { streams: 6, maxStreams: 5 },
    { bitrate: 9.4e6, maxBitrate: 9e6 },
  ].map((part) => fullBy(candidate(part)));
  assert.deepEqual(texts, [
    '1000 of 1000 clients (children.maxConnections)',
    '6 of 5 streams (children.maxStreams)',
    '9 of 9 Mbit/s (children.maxBitrate)',
  ]);
});

test('the least loaded wins, by whatever is scarcest', () => {
  assert.equal(chosen({ cpu: 70 }, { cpu: 30 }), 'c2');
  assert.equal(chosen({ connections: 700 }, { connections: 100, streams: 5 }), 'c2');
  assert.equal(chosen({ bitrate: 9e8 }, { bitrate: 1e8, streams: 5 }), 'c2');
});

test('a stream goes where no restart will close it again, within an even share', () => {
  const old = { leaving: true, streams: 4, connections: 40 };
  assert.equal(chosen(old, { streams: 3, connections: 30, cpu: 70 }, old), 'c2');
  assert.equal(chosen(old, { streams: 3, cpu: 90 }, old), 'c1');
  assert.equal(chosen(old, { streams: 4 }, { ...old, streams: 2 }), 'c3');
  assert.equal(chosen(old, { streams: 3, connections: 81 }, { ...old, streams: 3 }), 'c3');
  assert.equal(chosen({ leaving: true }, { leaving: true, streams: 1 }), 'c1');
  assert.equal(chosen({ leaving: true }, { cpu: 30, warmth: 0 }), 'c2');
  assert.equal(chosen({ leaving: true, cpu: 30 }, { open: false }), 'c1');
});

test('noise in a measurement decides nothing', () => {
  assert.equal(chosen({ cpu: 3.1, streams: 1 }, { cpu: 11, streams: 0 }), 'c2');
  assert.equal(chosen({ cpu: 3.1, streams: 1, connections: 3 }, { cpu: 11, streams: 1 }), 'c2');
});

test('a hot child is taken only where all are hot', () => {
  assert.equal(chosen({ cpu: 81 }, { connections: 950 }), 'c2');
  assert.equal(chosen({ cpu: 95, streams: 2 }, { cpu: 90, streams: 1 }), 'c2');
});

test('equals take turns', () => {
  const all = ['c1', 'c2', 'c3'].map((id) => candidate({ id }));
  const turns = [0, 1, 2, 3].map((tie) => choose(all, tie)?.id);
  assert.deepEqual(turns, ['c1', 'c2', 'c3', 'c1']);
});

test('always answers an open child with room, if there is one', () => {
  const any = fc.record({
    open: fc.boolean(),
    cpu: fc.double({ min: 0, max: 400, noNaN: true }),
    connections: fc.nat(20),
    maxConnections: fc.integer({ min: 1, max: 20 }),
    streams: fc.nat(5),
    maxStreams: fc.nat(5),
    bitrate: fc.nat(2_000_000_000),
    maxBitrate: fc.nat(2_000_000_000),
  });
  fc.assert(
    fc.property(fc.array(any), fc.nat(), (parts, tie) => {
      const all = parts.map((part, i) => candidate({ id: `c${i}`, ...part }));
      const free = all.filter((c) => c.open && fullBy(c) === null);
      const choice = choose(all, tie);
      if (free.length === 0) assert.equal(choice, null);
      else assert.ok(choice !== null && free.includes(choice));
    }),
  );
});
